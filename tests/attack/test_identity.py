"""A token says who, never what: what somebody may is read from the roster at every request, in every service."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from support.net import ok, the_net
from support.world import District, until

from deploy.access import FILE, note
from deploy.keys import make_secrets
from shared.http.identity import LONGEST_SECONDS, RENEWAL_SECONDS, Gatekeeper
from shared.http.service import Service
from shared.language.months import local_date
from shared.language.problems import Unauthenticated
from shared.language.terms import Role, derived_id

ASKED = {"roster": "/units", "visits": "/visits", "issues": "/issues", "reporting": "/ledgers?month=2026-09"}
"""Something that the head of a unit may ask of each service."""
BOUND_SECONDS = 5.0
"""By when the copies have heard of a release while the relay runs; it takes milliseconds on an idle machine."""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def asks(district: District, service: Service, token: str, path: str = "") -> httpx.Response:
    async with district.client(service) as client:
        return await client.get(path or ASKED[service.name], headers=bearer(token))


async def everywhere(district: District) -> list[Service]:
    """All four services, each with what it does in the background."""
    return [await district.open(name, relay=True) for name in ASKED]


async def test_a_released_member_is_refused_by_every_service_at_the_next_request(district: District) -> None:
    services = await everywhere(district)
    roster = services[0]
    async with district.client(roster) as office:
        await the_net(office)
        token = district.own_token("T01-head")

        async def answers(service: Service, status: int) -> bool:
            return (await asks(district, service, token)).status_code == status

        for service in services:
            await until(lambda service=service: answers(service, 200))
        gone = {"unit": "T01", "role": "head", "on": str(local_date(roster.clock()))}
        await ok(await office.post("/members/T01-head/release", json=gone))
    refused = await asks(district, roster, token)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:guiren:problem:no-post-today")
    began = time.monotonic()
    for service in services[1:]:
        await until(lambda service=service: answers(service, 403), BOUND_SECONDS)
    assert time.monotonic() - began < BOUND_SECONDS


async def test_a_post_that_has_not_begun_or_is_over_gives_nothing(district: District) -> None:
    roster = await district.open()
    today = local_date(roster.clock())
    async with district.client(roster) as office:
        await the_net(office)
        for account, on, end in (("soon", today + timedelta(1), None), ("over", today - timedelta(9), today)):
            person = {"name": "甄某", "unit": "T02", "role": "liaison", "on": str(on), "until": end and str(end)}
            await ok(await office.post(f"/members/{account}/appoint", json=person))
            assert (await asks(district, roster, district.own_token(account))).status_code == 403


@pytest.mark.parametrize("name", list(ASKED))
async def test_what_a_token_says_of_roles_is_not_read(district: District, name: str) -> None:
    roster = await district.open()
    service = roster if name == "roster" else await district.open(name)
    claims = {"roles": ["system", "office_head", "auditor"], "unit": "office", "sub_unit": ""}
    for account in ("system", "nobody"):
        answer = await asks(district, service, district.own_token(account, **claims))
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:guiren:problem:nobody-known")
    answer = await asks(district, service, district.token(Role.SYSTEM, account="installation", **claims))
    assert answer.status_code == 401, "not even where the people themselves say so"
    if service is roster:
        async with district.client(roster) as office:
            await the_net(office)
        told = (await asks(district, roster, district.own_token("T01-w1", **claims), "/me")).json()
        assert ([role["value"] for role in told["roles"]], told["unit"]) == (["worker"], "T01")


def signed(key: dict[str, Any], **claims: Any) -> str:
    """Without the helping hand of ``issue``."""
    whole = {"iss": "guiren-local", "aud": "guiren", "sub": str(derived_id("member", "a")), "jti": "j", "iat": int(time.time())}
    whole |= {"exp": int(time.time()) + 600, **claims}
    made = OKPKey.import_key(key)
    return jwt.encode(
        {"alg": "Ed25519", "kid": made.thumbprint()},
        {name: value for name, value in whole.items() if value is not ...},
        made,
        algorithms=["Ed25519"],
    )


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_secrets(tmp_path)
    return tmp_path


async def test_a_token_is_bounded_and_has_a_name(keys: Path) -> None:
    key, now = json.loads((keys / "signing-key").read_text()), int(time.time())
    gate = Gatekeeper(str(keys / "jwks.json"), "guiren-local", "guiren")
    assert (await gate.holder(signed(key))).jti == "j"
    assert (await gate.holder(signed(key, exp=now + LONGEST_SECONDS - 5, iat=now - 5))).jti == "j"
    for wrong in (
        {"exp": now + LONGEST_SECONDS + 60},
        {"exp": 253_402_300_799},
        {"exp": 1e308},
        {"exp": float("nan")},
        {"exp": ...},
        {"exp": float(now + 60)},
        {"iat": ...},
        {"iat": now + 3600, "exp": now + 7200},
        {"iat": float("nan")},
        {"iat": float("-inf")},
        {"iat": now - LONGEST_SECONDS, "exp": now + 60},
        {"jti": ...},
        {"jti": ""},
        {"jti": 7},
        {"jti": ["a"]},
        {"jti": "x" * 300},
        {"sub": ...},
        {"iss": "x"},
        {"aud": "x"},
        {"nbf": now + 3600},
    ):
        with pytest.raises(Unauthenticated):
            await gate.holder(signed(key, **wrong))


async def test_an_account_claim_maps_to_the_member(keys: Path) -> None:
    key = json.loads((keys / "signing-key").read_text())
    gate = Gatekeeper(str(keys / "jwks.json"), "guiren-local", "guiren", "preferred_username")
    held = await gate.holder(signed(key, sub="f8c3:idp", preferred_username="T01-head"))
    assert held.member == derived_id("member", "T01-head")
    for wrong in ({}, {"preferred_username": ["T01-head"]}, {"preferred_username": 3}):
        with pytest.raises(Unauthenticated):
            await gate.holder(signed(key, **wrong))


async def test_a_withdrawn_key_is_refused_within_a_minute(keys: Path) -> None:
    key = json.loads((keys / "signing-key").read_text())
    gate = Gatekeeper(str(keys / "jwks.json"), "guiren-local", "guiren")
    token = signed(key)
    await gate.holder(token)
    (keys / "jwks.json").unlink()
    (keys / "signing-key").unlink()
    make_secrets(keys)  # The file has another key now.
    await gate.renew()
    with pytest.raises(Unauthenticated):
        await gate.holder(token)
    assert RENEWAL_SECONDS < 60


async def test_the_key_set_is_read_again_by_itself(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.service.RENEWAL_SECONDS", 0.05)
    service = await district.open(relay=True)
    before = service._gatekeeper._read_at

    async def again() -> bool:
        return service._gatekeeper._read_at > before

    await until(again)


async def test_unknown_keys_neither_block_the_known_nor_bring_more_than_one_reading(keys: Path, tmp_path_factory: Any) -> None:
    other = tmp_path_factory.mktemp("other")
    make_secrets(other)
    ours, theirs = (json.loads((place / "signing-key").read_text()) for place in (keys, other))
    gate = Gatekeeper(str(keys / "jwks.json"), "guiren-local", "guiren")
    await gate.holder(signed(ours))
    gate._tried_at = float("-inf")
    read, slow = 0, gate._fetched

    async def counted() -> bytes:
        nonlocal read
        read += 1
        await asyncio.sleep(0.5)  # A provider that takes its time.
        return await slow()

    gate._fetched = counted  # type: ignore[method-assign]
    flood = [asyncio.create_task(gate.holder(signed(theirs, jti=str(n)))) for n in range(100)]
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await gate.holder(signed(ours))
    assert time.monotonic() - began < 0.3, "who is known doesn't wait"
    assert all(isinstance(found, Unauthenticated) for found in await asyncio.gather(*flood, return_exceptions=True))
    assert read == 1
    newer = make_newer(keys)
    gate._tried_at = float("-inf")
    assert (await gate.holder(signed(newer))).jti == "j", "a key that was added is found at once"


def make_newer(keys: Path) -> dict[str, Any]:
    for name in ("signing-key", "jwks.json"):
        (keys / name).unlink()
    make_secrets(keys)
    return json.loads((keys / "signing-key").read_text())


async def test_a_revoked_token_is_refused_by_every_service(district: District) -> None:
    services = await everywhere(district)
    roster = services[0]
    async with district.client(roster) as office:
        await the_net(office)
    mine, other, third = (district.own_token("T01-head", jti=f"sign-in-{n}") for n in range(3))

    async def answers(service: Service, token: str, status: int) -> bool:
        return (await asks(district, service, token)).status_code == status

    for service in services:
        await until(lambda service=service: answers(service, mine, 200))
    async with district.client(roster) as client:
        own = await client.post("/tokens/sign-in-0/revoke", json={}, headers=bearer(mine))
        assert own.status_code == 200, own.text
        stranger = await client.post("/tokens/sign-in-1/revoke", json={}, headers=bearer(third))
        assert stranger.status_code == 403
    async with district.client(roster, Role.SECURITY_ADMIN, account="security") as security:
        for _ in range(2):
            told = await ok(await security.post("/tokens/sign-in-1/revoke", json={"reason": "设备遗失"}))
            assert told["version"] == 1
    for service in services:
        for token in (mine, other):
            await until(lambda service=service, token=token: answers(service, token, 401), BOUND_SECONDS)
        assert await answers(service, third, 200)
    assert (await asks(district, roster, mine)).json()["type"] == "urn:guiren:problem:token-is-revoked"


def test_a_token_of_the_command_line_leaves_a_line_first(tmp_path: Path, keys: Path) -> None:
    from deploy.cli.outlet import token_of
    from deploy.embedded.home import Home

    home = Home(tmp_path / "home")
    home.make()
    token = token_of(home, "office-head")
    note(home.path, account="second", token="j", command="guiren token")
    first, second = [orjson.loads(line) for line in (home.path / FILE).read_bytes().splitlines()]
    claims = jwt.decode(token, OKPKey.import_key(json.loads(home.secret("signing-key"))), algorithms=["Ed25519"]).claims
    assert (first["account"], first["token"], second["account"]) == ("office-head", claims["jti"], "second")
    assert isinstance(first["uid"], int)
    assert (home.path / FILE).stat().st_mode & 0o777 == 0o600
    assert "roles" not in claims
    (home.path / FILE).unlink()
    (home.path / FILE).mkdir()  # Where no line can be written, no token is made.
    with pytest.raises(Exception, match="1"):
        token_of(home, "office-head")


def test_an_erasure_on_the_command_line_names_who_does_it() -> None:
    from typer.testing import CliRunner

    from deploy.cli import app

    told = CliRunner().invoke(app, ["privacy", "erase", "--subject", str(derived_id("x")), "--yes"])
    assert told.exit_code == 2
    assert "--as" in told.output + told.stderr


async def test_the_installation_appoints_the_first_two_in_its_own_process(whole_district: District) -> None:
    from deploy.founding import First, NotEmptyError, found, secure

    district = whole_district
    await district.database("roster")
    await district.vault()
    first = First("甄演示", "贾安全")
    with pytest.raises(ValueError, match="两个人"):
        First("甄演示", "甄演示")
    assert await found(district.settings(), first) == await found(district.settings(), first)
    roster = await district.open()
    for account, role in (("office-head", "office_head"), ("security", "security_admin")):
        told = (await asks(district, roster, district.own_token(account), "/me")).json()
        assert [item["value"] for item in told["roles"]] == [role]
    entries = await roster.pool.fetch("select convert_from(body, 'utf8')::json ->> 'actorrole' as role from log.entry")
    assert {row["role"] for row in entries} == {"system"}
    with pytest.raises(NotEmptyError):
        await secure(district.settings(), "another", "甲")
    async with district.client(roster) as office:
        await ok(
            await office.put(
                "/units/T01", json={"name": "甲镇", "kind": "township", "parent": district.code, "on": str(date(2026, 1, 1))}
            )
        )
    with pytest.raises(NotEmptyError):
        await found(district.settings(), first)
