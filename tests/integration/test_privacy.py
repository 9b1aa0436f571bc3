"""Personal data complete: masked, shown for a reason that is kept, found by number, erased, under a new master key."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import pytest
import structlog
from support.desk import PEOPLE, Desk, a_desk, member
from support.logs import entire, leaf
from support.roster import credit
from support.world import District

from deploy.rotate import Vaulted, rotate
from services.roster.api.privacy import sweep
from services.roster.domain.enterprise.decide import subject
from services.vault.keys import Keys
from shared.http.disclosure import Purpose
from shared.http.service import Service
from shared.language.personal import ERASED, Personal, mask
from shared.language.terms import Role, derived_id

NAME, PHONE = "欧阳种植测", "19900004321"
WHY = "企业来电要求回电"
PLANTED = (NAME.encode(), PHONE.encode(), ascii(NAME)[1:-1].encode(), b"4321")


async def a_firm(district: District, number: int = 7, phone: str = PHONE) -> tuple[Service, str]:
    roster = district.services.get("roster") or await district.open()
    async with district.client(roster) as office:
        for code, kind, parent in (("520502", "district", None), ("T01", "township", "520502"), ("T02", "township", "520502")):
            await office.put(f"/units/{code}", json={"name": code, "kind": kind, "parent": parent, "on": "2020-01-01"})
        body = {
            "code": credit(number),
            "name": "某公司",
            "contact": NAME,
            "phone": phone,
            "on": "2020-01-01",
            "assignments": [{"line": "horizontal", "unit": "T01"}],
        }
        made = await office.put(f"/enterprises/{credit(number)}", json=body)
        assert made.status_code == 201, made.text
    return roster, made.json()["id"]


async def test_shown_for_a_reason_that_is_written_down_first(district: District) -> None:
    roster, id_ = await a_firm(district)
    async with district.client(roster, Role.LIAISON, unit="T01", account="w") as worker:
        assert (await worker.get(f"/enterprises/{id_}")).json()["phone"] == mask(PHONE)
        for reason in ("", "看", "....."):
            assert (await worker.post(f"/enterprises/{id_}/unmask", json={"reason": reason})).status_code == 422
        answer = await worker.post(f"/enterprises/{id_}/unmask", json={"fields": ["phone"], "reason": WHY})
        assert (answer.status_code, answer.json()["phone"]) == (200, PHONE)
        assert answer.headers["cache-control"] == "no-store"
        assert "contact" not in answer.json()
        odd = await worker.post(f"/enterprises/{id_}/unmask", json={"fields": ["salary"], "reason": WHY})
        assert odd.json()["errors"][0]["title"] == "没有这一项:salary"
        assert (await worker.get("/disclosures")).status_code == 403
    for role, unit in ((Role.WORKER, "T02"), (Role.AUDITOR, "X"), (Role.ADMIN, "")):
        async with district.client(roster, role, unit=unit, account="x") as other:
            assert (await other.post(f"/enterprises/{id_}/unmask", json={"reason": WHY})).status_code == 403
    async with district.client(roster, Role.AUDITOR, account="auditor") as auditor:
        (kept,) = (await auditor.get("/disclosures")).json()["items"]
    assert (kept["about"], kept["fields"], kept["reason"], kept["by"]) == (id_, ["phone"], WHY, str(derived_id("member", "w")))
    async with district.client(roster, Role.HEAD, unit="T02", account="h2") as stranger:
        assert (await stranger.get("/disclosures")).json()["items"] == []
    (fact,) = [entry for entry in await entire(roster.pool) if entry.type == "roster.personal-unmasked.v1"]
    assert PHONE.encode() not in fact.body


async def test_one_key_opens_one_person_once(district: District) -> None:
    """A key repeats one answer that was lost on its way: of nobody else, of no other field, and not for ever."""
    roster, id_ = await a_firm(district)
    _, other = await a_firm(district, 8, "19900008888")
    key = {"Idempotency-Key": "one-for-all"}
    async with district.client(roster, Role.LIAISON, unit="T01", account="w") as worker:

        async def opened(which: str, **more: Any) -> Any:
            return await worker.post(
                f"/enterprises/{which}/unmask", json={"fields": ["phone"], "reason": WHY, **more}, headers=key
            )

        assert (await opened(id_)).json()["phone"] == PHONE
        again = await opened(id_)
        assert (again.json()["replayed"], again.json()["phone"]) == (True, PHONE)
        for answer in (await opened(other), await opened(id_, fields=["contact"]), await opened(id_, reason="换一个原因")):
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:guiren:problem:key-reused")
            assert "19900008888" not in answer.text and NAME not in answer.text
        clock = roster.clock
        roster.clock = lambda: clock() + timedelta(hours=1)
        late = await opened(id_)
        assert (late.status_code, late.json()["type"]) == (409, "urn:guiren:problem:asked-long-ago")
        roster.clock = clock
    assert len([entry for entry in await entire(roster.pool) if entry.type == "roster.personal-unmasked.v1"]) == 1


@pytest.mark.parametrize("written", ["199 0000 4321", "+8619900004321", "19900004321", "1990000-4321"])
async def test_a_caller_is_found_by_number_without_reading_anybody(district: District, written: str) -> None:
    roster, id_ = await a_firm(district)
    await a_firm(district, 8, "08578222222转801")
    async with district.client(roster, Role.HOTLINE, account="hotline") as desk:
        found = (await desk.post("/lookups/phone", json={"phone": written})).json()
        assert [item["id"] for item in found["enterprises"]] == [id_]
        local = (await desk.post("/lookups/phone", json={"phone": "8222222-801"})).json()
        assert [item["code"] for item in local["enterprises"]] == [credit(8)]
        assert (await desk.post("/lookups/phone", json={"phone": "12345678901234567890"})).status_code == 422
    async with district.client(roster, Role.LIAISON, unit="T01", account="w") as worker:
        assert (await worker.post("/lookups/phone", json={"phone": written})).status_code == 403


async def test_what_is_no_number_is_refused_with_a_reason(district: District) -> None:
    roster, _ = await a_firm(district)
    async with district.client(roster) as office:
        for number in ("12", "没有", "199000043210000", "=1+1"):
            body = {"name": "张三", "phone": number, "unit": "T01", "role": "worker", "on": "2020-01-01"}
            answer = await office.post("/members/w1/appoint", json=body)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/body/phone"
            assert number not in answer.text


async def test_erased_is_erased_everywhere_and_every_hash_stays(district: District) -> None:
    roster, id_ = await a_firm(district)
    before = {entry.pos: leaf(entry) for entry in await entire(roster.pool)}
    async with district.client(roster, Role.OFFICE_HEAD, account="office-head") as head:
        listed = (await head.get("/subjects", params={"enterprise": id_})).json()["items"]
        contact = next(item["subject"] for item in listed if item["what"] == "contact")
        assert contact == str(subject(derived_id("enterprise", credit(7)), "phone"))
        assert (await head.post(f"/subjects/{contact}/erase", json={"reason": "本人要求删除"})).json()["erased"]
        assert (await head.post(f"/subjects/{contact}/erase", json={"reason": "本人要求删除"})).status_code == 200
        shown = (await head.get(f"/enterprises/{id_}")).json()
        assert (shown["phone"], shown["contact"]) == (ERASED, ERASED)
        assert (await head.post(f"/enterprises/{id_}/unmask", json={"reason": WHY})).json()["phone"] == ERASED
        assert (await head.post("/lookups/phone", json={"phone": PHONE})).json()["enterprises"] == []
        assert [item["erased"] for item in (await head.get("/subjects", params={"enterprise": id_})).json()["items"]] == [
            True,
            False,
            False,
        ], "the contact, whoever follows, the legal person"
    async with district.client(roster) as office:
        assert (await office.post(f"/subjects/{contact}/erase", json={"reason": "本人要求删除"})).status_code == 403
    after = {entry.pos: leaf(entry) for entry in await entire(roster.pool)}
    assert {pos: after[pos] for pos in before} == before


async def test_an_erasure_the_vault_was_away_for_is_made_up_for(district: District) -> None:
    roster, id_ = await a_firm(district)
    contact = subject(derived_id("enterprise", credit(7)), "phone")
    await district.away()
    async with district.client(roster, Role.OFFICE_HEAD, account="office-head") as head:
        assert (await head.post(f"/subjects/{contact}/erase", json={"reason": "本人要求删除"})).status_code == 503
    await district.vault()
    assert await roster.vault.unerased([contact]) == [contact]
    assert await sweep(roster) == 1
    assert await sweep(roster) == 0
    async with district.client(roster) as office:
        assert (await office.get(f"/enterprises/{id_}")).json()["phone"] == ERASED


async def test_a_new_master_key_wraps_everything_while_services_run(district: District, tmp_path: Path) -> None:
    roster, _ = await a_firm(district)
    where = await _a_copy(district, tmp_path)
    erased = uuid4()
    await roster.vault.erase(erased)
    running = Keys(district.keys.pool, where.masters, remember_seconds=0)
    token = Personal(PHONE, derived_id("probe"), found_by="+8619900004321")
    await running.seal([token])
    task = asyncio.create_task(rotate(where))
    await asyncio.sleep(0.02)
    task.cancel()  # Killed midway, wherever that was.
    await asyncio.gather(task, return_exceptions=True)
    done = await rotate(where, fresh=len(where.masters()) == 1)
    assert len(where.masters()) == 2
    kept = {row["mk"] for row in await district.keys.pool.fetch("select mk from vault.subject_key where wrapped is not null")}
    assert kept == {done["newest"]}
    assert await running.open([token]) == [PHONE]
    assert await running.find("+8619900004321") == await Keys(district.keys.pool, where.masters).find("+8619900004321")
    assert derived_id("probe") in await running.find("+8619900004321")
    assert running.print_key == Keys(district.keys.pool, where.masters).print_key
    without_old = Keys(district.keys.pool, where.masters()[0])
    assert await without_old.open([token]) == [PHONE], "the old key wraps nothing any more"
    assert await rotate(where, fresh=False) == {"newest": done["newest"], "rewrapped": 0}


async def _a_copy(district: District, folder: Path) -> Vaulted:
    """The secrets of this district's vault in a folder of their own."""
    world = district.world
    for name in ("vault", "master-key"):
        (folder / name).write_text(world.home.secret(name) + "\n")
    return Vaulted(folder, "127.0.0.1", world.postgres.port, await district.database("vault"))


async def test_services_and_vault_do_not_enter_each_others_databases(district: District) -> None:
    await district.open()
    await district.database("visits")
    for user, database in (("vault", "roster"), ("roster", "vault"), ("visits", "roster")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await district.connect(database, user=user)


async def test_clear_text_of_visits_and_tickets_stands_nowhere(district: District, capsys: pytest.CaptureFixture[str]) -> None:
    """Planted through the doors of tickets, with refusals on the way, and looked for in logs, tables and log lines."""
    structlog.reset_defaults()
    desk: Desk = await a_desk(district)
    id_ = await desk.reported("hotline", source="hotline", reporter=NAME, phone=PHONE)
    async with desk.who("hotline") as hotline:
        refused = await hotline.put(f"/issues/{uuid4()}", json={"enterprise": NAME, "reporter": NAME, "phone": f"{PHONE}99"})
    assert refused.status_code == 422
    assert not _planted(refused.content)
    shown = await desk.shown(id_)
    assert (shown["reporter"], shown["phone"]) == (mask(NAME), mask(PHONE))
    await desk.ask("l", id_, "accept")
    await desk.ask("h", id_, "dispatch", unit="T01", leader=str(member("h")), measures="措施", due="standard")
    await desk.ask("w", id_, "sign")
    await desk.ask("w", id_, "resolve", outcome="solved", result="已办", reply="已办结")
    await desk.ask("d", id_, "approve")
    async with desk.who("caller") as caller:
        opened = await caller.post(f"/issues/{id_}/unmask", json={"fields": ["phone"], "reason": "回访企业满意度"})
        assert (opened.status_code, opened.json()["phone"]) == (200, PHONE)
    async with desk.who("w-2") as stranger:
        assert (await stranger.post(f"/issues/{id_}/unmask", json={"reason": WHY})).status_code == 403
    async with desk.who("auditor") as auditor:
        assert [item["fields"] for item in (await auditor.get("/disclosures")).json()["items"]] == [["phone"]]
    for service in (desk.roster, desk.issues):
        assert not _planted(b"\n".join(entry.body for entry in await entire(service.pool)))
        tables = await service.pool.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for table in tables:
            rows = await service.pool.fetch(f"select t::text as line from {table['name']} t")
            assert not _planted("\n".join(row["line"] for row in rows).encode()), table["name"]
    rows = await desk.district.keys.pool.fetch(
        "select t::text as line from vault.subject_key t union all select b::text from vault.blind b"
    )
    assert not _planted("\n".join(row["line"] for row in rows).encode())
    assert not _planted(capsys.readouterr().out.encode())
    assert orjson.loads(orjson.dumps(shown["no"]))


def _planted(content: bytes) -> bool:
    return any(mark in content for mark in PLANTED[:3])


async def test_a_routine_purpose_is_enough_for_ones_own_and_nobody_elses(district: District) -> None:
    """Enterprises and tickets of one's own unit by a code; another unit's in words, whoever asks; the purpose is written down."""
    desk = await a_desk(district)
    enterprise = desk.enterprises[0]
    issue = await desk.reported("w", reporter=NAME, phone=PHONE)
    routes = (
        (desk.roster, f"/enterprises/{enterprise}/unmask", ("l", "h", "h5"), ("office", "office-head")),
        (desk.roster, "/members/w/unmask", ("h", "l"), ("office", "office-head")),
        (desk.issues, f"/issues/{issue}/unmask", ("w", "h"), ("office", "office-head")),
    )
    for service, at, own, others in routes:
        for account in (*own, *others):
            unit, role = PEOPLE[account]
            async with district.client(service, role, unit=unit, account=account) as client:
                for purpose in Purpose:
                    answer = await client.post(at, json={"purpose": str(purpose)})
                    assert answer.status_code == (200 if account in own else 422), (at, account, answer.text)
                assert (await client.post(at, json={})).status_code == 422, "not even one's own without any"
                assert (await client.post(at, json={"purpose": "curiosity"})).status_code == 422
                assert (await client.post(at, json={"purpose": "call", "reason": "看"})).status_code == 422
                assert (await client.post(at, json={"purpose": "call", "reason": WHY})).status_code == 200
        async with district.client(service, Role.AUDITOR, account="auditor") as auditor:
            told = [item["reason"] for item in (await auditor.get("/disclosures", params={"limit": 500})).json()["items"]]
        assert {purpose.label for purpose in Purpose} <= set(told)
        assert f"{Purpose.CALL.label}:{WHY}" in told
