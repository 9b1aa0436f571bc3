"""The vault alone holds keys: who may ask it for what, what it writes down, and what happens while it is away."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from pydantic import ValidationError
from support.desk import a_desk
from support.roster import DISTRICT, unit
from support.world import District
from typer.testing import CliRunner

from deploy.cli.privacy import privacy
from deploy.embedded.home import Home
from deploy.embedded.programs import service_environment
from deploy.install import SERVICES
from deploy.keys import CLIENTS
from services.vault.domain.permits import PERMITS
from services.vault.ready import how_it_is
from services.vault.settings import VaultSettings
from shared.language.months import SHANGHAI
from shared.language.openings import Asker, Opening
from shared.language.personal import AWAY, Personal, mask
from shared.language.terms import Role, derived_id
from shared.log import confined
from shared.log.vault import NotPermitted, Vault, VaultAway

NAME, PHONE = "欧阳种植测", "19900004321"


async def client(district: District, name: str) -> Vault:
    await district.vault()
    return Vault(district.vault_socket, name, district.world.home.secret(f"vault-{name}"))


async def sealed(district: District, text: str = NAME) -> Personal:
    datum = Personal(text, uuid4())
    await (await district.vault()).keys.seal([datum])
    return datum


@pytest.mark.parametrize("name", CLIENTS)
async def test_each_client_opens_for_its_own_purposes_and_no_other(district: District, name: str) -> None:
    asking = await client(district, name)
    datum = await sealed(district, PHONE)
    for purpose in Opening:
        if purpose in PERMITS[name].purposes and purpose is not Opening.FIND:
            [text] = await asking.open([datum], purpose)
            hidden = purpose in (Opening.MASK, Opening.READ)
            assert text == (mask(PHONE) if hidden else PHONE), "what is only shown leaves the vault masked"
        elif purpose is not Opening.FIND:
            with pytest.raises(NotPermitted):
                await asking.open([datum], purpose)
    if Opening.FIND not in PERMITS[name].purposes:
        with pytest.raises(NotPermitted):
            await asking.find(PHONE)
    if not PERMITS[name].erases:
        with pytest.raises(NotPermitted):
            await asking.erase(uuid4())
    if not PERMITS[name].seals:
        with pytest.raises(NotPermitted):
            await asking.seal([Personal(NAME, uuid4())])
    if not PERMITS[name].words:
        with pytest.raises(NotPermitted):
            await asking.blind(["电话"])
    await asking.close()
    safe = await district.vault()
    await safe.records.flush()
    kept = await safe.keys.pool.fetch("select purpose, n, subjects from vault.opening where service = $1", name)
    assert {row["purpose"] for row in kept} == {str(p) for p in PERMITS[name].purposes if p is not Opening.FIND}
    assert all(row["subjects"] == [datum.subject] for row in kept)


@pytest.mark.parametrize(("name", "secret"), [("roster", "guessed"), ("roster", ""), ("nobody", ""), ("visits", "roster's")])
async def test_who_does_not_know_the_secret_is_not_let_in(district: District, name: str, secret: str) -> None:
    home = district.world.home
    await district.vault()
    said = home.secret("vault-roster") if secret == "roster's" else secret
    stranger = Vault(district.vault_socket, name, said)
    with pytest.raises(NotPermitted):
        await stranger.open([await sealed(district)], Opening.MASK)
    assert await asyncio.to_thread(how_it_is, district.vault_socket), "how it is, it tells anybody on the machine"


async def test_the_vaults_role_may_add_and_read_and_nothing_else(district: District) -> None:
    """Over all tables there are, all rights there are, on the table and on any of its columns."""
    await district.vault()
    connection = await district.connect("vault")
    rights = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
    tables = await connection.fetch(
        "select c.oid, n.nspname || '.' || relname as name from pg_class c join pg_namespace n on n.oid = relnamespace "
        "where relkind in ('r', 'p') and nspname not in ('pg_catalog', 'information_schema')"
    )
    held = {
        (table["name"], right)
        for table in tables
        for right in rights
        if await connection.fetchval("select has_table_privilege($1::oid, $2)", table["oid"], right)
        or (
            right in ("select", "insert", "update", "references")
            and await connection.fetchval("select has_any_column_privilege($1::oid, $2)", table["oid"], right)
        )
    }
    assert held == {(f"vault.{name}", right) for name in ("subject_key", "blind", "opening") for right in ("select", "insert")}
    for what in ("create table vault.mine ()", "create schema mine", "create temp table mine ()", "set role vault_owner"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(what)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(
            "insert into vault.opening (at, service, purpose, by, via, request, fields, subjects, n) "
            "values (now() - interval '1 year', 'roster', 'read', '{}', '', '', '{}', '{}', 0)"
        )
    assert not await connection.fetchval("select pg_catalog.pg_has_role('vault_owner', 'member')")
    await connection.close()


async def test_a_key_is_destroyed_by_the_function_and_its_numbers_with_it(district: District) -> None:
    safe = await district.vault()
    datum = Personal(PHONE, uuid4(), found_by=PHONE)
    await safe.keys.seal([datum])
    connection = await district.connect("vault")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("update vault.subject_key set wrapped = null")
    await connection.execute("select vault.erase($1)", datum.subject)
    first = await connection.fetchval("select destroyed from vault.subject_key where subject = $1", datum.subject)
    await connection.execute("select vault.erase($1)", datum.subject)
    row = await connection.fetchrow("select wrapped, destroyed from vault.subject_key where subject = $1", datum.subject)
    assert row["wrapped"] is None
    assert row["destroyed"] == first, "the first time counts"
    assert await safe.keys.find(PHONE) == []
    await connection.close()


@pytest.mark.parametrize("name", SERVICES)
async def test_no_service_gets_into_the_vaults_database(district: District, name: str) -> None:
    await district.vault()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await district.connect("vault", user=name)


_LOOKS = """
import sys
from pathlib import Path
from shared.settings import Settings
settings = Settings()
settings.confine()
for folder in map(Path, sys.argv[1:]):
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and path.read_bytes() is not None:
                print(path.name)
        except OSError:
            pass
"""


@pytest.mark.skipif(not confined.strength(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_of_the_same_user_reads_no_secret_but_its_own(tmp_path: Path, name: str) -> None:
    """As the embedded profile starts it; what it may read it has to have for its own work."""
    home = Home(tmp_path / "a home")
    home.make()
    for folder in ("postgres", "nats"):
        (home.path / folder).mkdir()
        (home.path / folder / "1").write_text("of another")
    environment = {**os.environ, **service_environment(home, name), "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", _LOOKS, str(home.secrets), str(home.path / "postgres"), str(home.path / "nats")],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
    )
    read = set(ran.stdout.split())
    assert {name, f"vault-{name}"} <= read
    assert not read & {"master-key", "vault", "postgres-admin", "signing-key", "demo", "1"}
    assert not {file for file in read if file.startswith("vault-")} - {f"vault-{name}"}
    assert not read & (set(SERVICES) - {name})


async def test_a_disclosure_is_in_the_vaults_record_before_it_is_answered(district: District) -> None:
    desk = await a_desk(district)
    id_ = await desk.reported("w", reporter=NAME, phone=PHONE)
    async with desk.who("w") as caller:
        asked = {"fields": ["phone"], "reason": "回访企业满意度"}
        answer = await caller.post(f"/issues/{id_}/unmask", json=asked)
        assert answer.json()["phone"] == PHONE
        row = await district.keys.pool.fetchrow("select * from vault.opening where purpose = 'disclose'")
        assert (row["service"], row["about"], row["fields"], row["n"]) == ("issues", UUID(str(id_)), ["phone"], 1)
        assert row["by"] == [derived_id("member", "w")]
        assert row["via"] == "unmask_issue"
        disclosed = await desk.issues.pool.fetchval("select stream from log.command where id = $1", UUID(row["request"]))
        assert disclosed.startswith("disclosure/"), "the record names the fact with the reason"
        admin = await district.connect("vault", user="postgres")
        await admin.execute("alter table vault.opening rename to gone")
        refused = await caller.post(f"/issues/{id_}/unmask", json=asked)
        assert refused.status_code >= 500 and PHONE not in refused.text, "nothing is opened that can't be written down"
        await admin.execute("alter table vault.gone rename to opening")
        await admin.close()


async def test_what_can_not_be_written_down_is_not_opened_for_long(district: District) -> None:
    safe = await district.vault()
    asking = await client(district, "roster")
    datum = await sealed(district)
    assert await asking.open([datum], Opening.NAMES) == [NAME]
    safe.records._since -= 3600  # As if it had waited for an hour.
    with pytest.raises(VaultAway):
        await asking.open([datum], Opening.HANDLE)
    await safe.records.flush()
    assert await asking.open([datum], Opening.HANDLE) == [NAME]
    await asking.close()


async def test_without_the_vault_nothing_with_a_text_is_done_and_everything_else_goes_on(district: District) -> None:
    roster = await district.open()
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    place = {"name": "T01", "kind": "township", "parent": "520502", "on": "2026-08-01"}
    member = {"name": NAME, "phone": PHONE, "unit": "T01", "role": "worker", "on": "2026-08-01"}
    async with district.client(roster) as office:
        assert (await office.put("/units/T01", json=place)).status_code == 201
        assert (await office.post("/members/w1/appoint", json=member)).status_code == 200
        await district.away()
        assert (await office.put("/units/T02", json={**place, "name": "T02"})).status_code == 201, "no text, no need"
        refused = await office.post("/members/w2/appoint", json=member)
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:vault-away")
        assert refused.json()["title"] == VaultAway.title
        assert await roster.pool.fetchval("select count(*) from log.entry where type like '%appointed%'") == 1
        [item] = (await office.get("/members")).json()["items"]
        assert (item["account"], item["name"], item["phone"]) == ("w1", AWAY, AWAY)
        health = await roster.checks()
        assert not health["vault"]["ok"] and not any("unready" in check for check in health.values())
        await district.vault()
        [item] = (await office.get("/members")).json()["items"]
        assert (item["name"], item["phone"]) == (NAME, mask(PHONE))
        assert (await office.post("/members/w2/appoint", json=member)).status_code == 200


async def test_a_vault_started_anew_is_asked_again_by_itself(district: District) -> None:
    asking = await client(district, "visits")
    datum = await sealed(district)
    assert await asking.open([datum], Opening.HANDLE) == [NAME]
    for _ in range(3):
        await district.away()
        await district.vault()
        answers = await asyncio.gather(*(asking.open([datum], Opening.HANDLE) for _ in range(20)))
        assert answers == [[NAME]] * 20
    await asking.close()
    kept = await district.keys.pool.fetchval("select sum(n) from vault.opening")
    assert kept >= 41, "a vault that stops writes down what it has opened"


async def test_it_tells_who_asked_in_the_background_and_who_in_a_request(district: District) -> None:
    roster = await district.open()
    async with district.client(roster, Role.OFFICE, account="office") as office:
        await office.put("/units/520502", json={"name": "区", "kind": "district", "parent": None, "on": "2026-08-01"})
        await office.put("/units/T01", json={"name": "T01", "kind": "township", "parent": "520502", "on": "2026-08-01"})
        member = {"name": NAME, "phone": PHONE, "unit": "T01", "role": "worker", "on": "2026-08-01"}
        assert (await office.post("/members/w1/appoint", json=member)).status_code == 200
        before = datetime.now(UTC) - timedelta(minutes=1)
        answer = await office.get("/members", headers={"X-Correlation-Id": "my-own-request"})
        assert answer.status_code == 200
    safe = await district.vault()
    await safe.records.flush()
    rows = await safe.keys.pool.fetch("select purpose, by, via, at, n from vault.opening where request = 'my-own-request'")
    assert {(row["purpose"], row["via"], row["n"]) for row in rows} == {("names", "list_members", 1), ("mask", "list_members", 1)}
    assert all(row["by"] == [derived_id("member", "office")] and row["at"] > before for row in rows)


async def test_its_record_is_shown_by_whom_what_for_and_since_when(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """``guiren privacy openings``: every question it can be asked narrows to the rows meant."""
    safe = await district.vault()
    datum, other = await sealed(district), await sealed(district, "另一人")
    reader, caller = uuid4(), uuid4()
    roster, issues = await client(district, "roster"), await client(district, "issues")
    await roster.open([datum], Opening.DISCLOSE, who=Asker((reader,), "unmask", "one", datum.subject, ("phone",)))
    await issues.open([other], Opening.NAMES, who=Asker((caller,), "list", "two"))
    await safe.records.flush()
    await roster.close()
    await issues.close()

    async def connected(_home: Home) -> asyncpg.Connection:
        return await district.world.place.connect(f"{district.prefix}guiren_vault")

    monkeypatch.setattr("deploy.cli.privacy._connect", connected)
    monkeypatch.setattr("deploy.cli.privacy.home_of", lambda _home: district.world.home)

    async def asked(*options: str) -> str:
        told = await asyncio.to_thread(CliRunner().invoke, privacy, ["openings", *options])
        assert told.exit_code == 0, told.output
        return told.output

    every = orjson.loads(await asked("--json"))
    assert [(row["service"], row["n"]) for row in every] == [("issues", 1), ("roster", 1)], "the latest first"
    tomorrow = f"{datetime.now(SHANGHAI) + timedelta(days=1):%Y-%m-%d}"
    for options, wanted in (
        (("--subject", str(datum.subject)), ["one"]),
        (("--by", str(caller)), ["two"]),
        (("--purpose", "disclose"), ["one"]),
        (("--service", "issues"), ["two"]),
        (("--since", "2026-01-01"), ["two", "one"]),
        (("--since", tomorrow), []),
        (("--limit", "1"), ["two"]),
        (("--by", str(reader), "--service", "issues"), []),
    ):
        assert [row["request"] for row in orjson.loads(await asked("--json", *options))] == wanted, options
    lines = (await asked()).splitlines()
    assert len(lines) == 2 and str(reader) in lines[1] and Opening.DISCLOSE.label in lines[1]
    assert NAME not in "".join(lines), "what was opened stands nowhere"


async def test_what_was_opened_is_forgotten_after_years_and_never_before_half_a_year(district: District) -> None:
    safe, admin = await district.vault(), await district.connect("vault", user="postgres")
    add = "insert into vault.opening (at, service, purpose, by, via, request, fields, subjects, n) values ($1, 'x', 'x', '{}', '', $2, '{}', '{}', 1)"
    for days in (0, 182, 184, 1_095, 1_097):
        await admin.execute(add, datetime.now(UTC) - timedelta(days=days), str(days))

    async def left() -> set[str]:
        return {row["request"] for row in await admin.fetch("select request from vault.opening where service = 'x'")}

    assert await safe.records.forget(VaultSettings().opening_days) == 1
    assert await left() == {"0", "182", "184", "1095"}
    await safe.records.forget(1)
    assert await left() == {"0", "182"}, "whatever the vault asks for"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await safe.keys.pool.execute("delete from vault.opening")
    with pytest.raises(ValidationError):
        VaultSettings(opening_days=182)
    await admin.close()


async def test_its_figures_stand_with_the_rosters_and_are_gone_while_it_is_away(district: District) -> None:
    roster, visits = await district.open(), await district.open("visits")
    asking = await client(district, "visits")
    await asking.open([await sealed(district)], Opening.NAMES)
    async with district.client(roster) as one, district.client(visits) as another:
        told = (await one.get("/metrics")).text
        assert 'guiren_vault_opened_total{purpose="names",service="visits"}' in told
        assert 'guiren_vault_seconds_count{ask="open"}' in told and "guiren_vault_unwritten" in told
        assert "guiren_vault_" not in (await another.get("/metrics")).text, "once in a district"
        await district.away()
        gone = await one.get("/metrics")
        assert gone.status_code == 200 and "guiren_vault_" not in gone.text
    await asking.close()
