"""Nobody is silenced: by rubbish, by what others say, or by sharing an address with them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from support.applications import operations

from shared.http import problem_documents
from shared.http.public import ALLEGATIONS, AllegationRoute, PublicRoute, Token, Turnstile, digest
from shared.language.problems import Refused, TooMany, Unknown

PUBLIC = [(name, *way) for name in ("visits", "issues") for way in operations(name) if way[1].startswith("/public/")]
GOOD = [f"good{n}" for n in range(400)]


def an_application() -> FastAPI:
    """Routes as the services have them: one token opens, another doesn't; words are taken, refused or malformed."""
    ordinary = APIRouter(prefix="/public", route_class=PublicRoute)
    alleging = APIRouter(prefix="/public", route_class=AllegationRoute)

    def opened(token: str) -> None:
        if token not in GOOD:
            raise Unknown(what="link")

    @ordinary.get("/{token}")
    async def look(token: Token) -> dict[str, bool]:
        opened(token)
        return {"open": True}

    async def say(token: Token, body: dict[str, int]) -> dict[str, bool]:
        opened(token)
        if body.get("refuse"):
            raise Refused
        return {"said": True}

    ordinary.post("/{token}/demand")(say)
    alleging.post("/{token}/allege")(say)
    app = FastAPI()
    problem_documents.answering(app)
    app.include_router(ordinary)
    app.include_router(alleging)
    return app


@asynccontextmanager
async def from_(app: FastAPI, address: str = "192.0.2.7") -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, client=(address, 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://guiren") as client:
        yield client


async def statuses(client: httpx.AsyncClient, path: str, count: int, **body: Any) -> list[int]:
    return [(await client.post(path, **body)).status_code for _ in range(count)]


async def test_rubbish_and_refusals_use_up_no_word() -> None:
    app = an_application()
    async with from_(app) as client:
        assert 200 not in await statuses(client, "/public/good0/demand", 25, content=b"{")
        assert 200 not in await statuses(client, "/public/good0/demand", 25, json={"refuse": 1})
        assert await statuses(client, "/public/good0/demand", 5, json={}) == [200] * 5


async def test_an_allegation_gets_through_whatever_else_was_said_and_the_other_way_round() -> None:
    app = an_application()
    async with from_(app) as client:
        said = await statuses(client, "/public/good0/demand", 20, json={})
        assert said[:12] == [200] * 12 and said[-1] == 429
        alleged = await statuses(client, "/public/good0/allege", 20, json={})
        assert alleged[:12] == [200] * 12 and alleged[-1] == 429
        assert await statuses(client, "/public/good1/demand", 3, json={}) == [200] * 3


async def test_who_floods_a_token_from_elsewhere_silences_nobody() -> None:
    app = an_application()
    async with from_(app, "192.0.2.66") as flooding, from_(app) as client:
        assert 429 in await statuses(flooding, "/public/good0/demand", 90, content=b"{")
        assert await statuses(client, "/public/good0/demand", 3, json={}) == [200] * 3
        assert await statuses(client, "/public/good0/allege", 3, json={}) == [200] * 3


async def test_an_office_behind_one_address_is_not_shut_out() -> None:
    app = an_application()
    async with from_(app) as client:
        assert {(await client.get(f"/public/{token}")).status_code for token in GOOD} == {200}
        guessed = [(await client.get(f"/public/guess{n}")).status_code for n in range(300)]
        assert guessed[0] == 404 and guessed[-1] == 429, "guessing has an end"
        assert {(await client.get(f"/public/{token}")).status_code for token in GOOD} == {200}, (
            "who is known is not held up by it"
        )


def test_what_was_refused_at_the_second_bucket_is_given_back_at_the_first() -> None:
    gate = Turnstile()
    for _ in range(12):
        gate.enter("t", "a", "writes")
    for _ in range(40):
        with pytest.raises(TooMany):
            gate.enter("t", "a", "writes")
    gate.enter("t", "a", ALLEGATIONS)
    assert gate.altogether._buckets[digest("t")][0] >= 120 - 12


@pytest.mark.parametrize(("name", "method", "path", "kind"), PUBLIC)
def test_every_public_route_stands_behind_the_turnstile_and_allegations_behind_their_own(
    name: str, method: str, path: str, kind: type
) -> None:
    assert issubclass(kind, PublicRoute), (name, method, path)
    assert issubclass(kind, AllegationRoute) == path.endswith("/allege"), (name, method, path)


def test_public_routes_are_found() -> None:
    assert len(PUBLIC) > 10
