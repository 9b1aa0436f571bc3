"""What an enterprise, or nobody at all, reads names no account: whoever knows how somebody signs in may try, or lock him out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from support.filling import a_whole_district
from support.matrix import Matrix, asked, operations
from support.whole import ACCOUNTS
from support.world import World

from shared.language.terms import Role

OURS = set(ACCOUNTS) - {str(role) for role in Role}
"""What only an account is called here: the terms, which are public, have the words of the roles."""


def words(told: Any) -> Iterator[str]:
    """Every text and every name of a field, however deep."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield f"{name}:"
            yield from words(value)
    elif isinstance(told, list):
        for item in told:
            yield from words(item)
    elif isinstance(told, str):
        yield told


def test_the_search_sees_an_account() -> None:
    assert {"account:", "w-2"} <= set(words({"served_by": [{"account": "w-2"}]}))


async def test_no_public_answer_names_an_account(world: World) -> None:
    async with a_whole_district(world) as whole:
        made, answered, wrong = Matrix(whole), 0, list[str]()
        for service, app in whole.apps.items():
            for operation in operations({service: app}):
                for one in asked(whole, operation) if operation.public else ():
                    answer = await made.answer(one, "nobody")
                    if answer.body[:1] in (b"{", b"["):
                        answered += answer.status == 200
                        wrong += [
                            f"{one.target}: {word}" for word in words(orjson.loads(answer.body)) if word in OURS | {"account:"}
                        ]
        assert not wrong
        assert answered > 10
