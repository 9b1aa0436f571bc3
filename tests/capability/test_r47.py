"""R47: 明确“一对一”人员“保姆式”服务."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import asyncpg
import pytest
from support.net import assign, enterprise, member, ok, served, the_net
from support.world import District, until

from shared.language.openings import Opening
from shared.language.terms import Role, derived_id
from shared.log.directory import Directory


async def test_one_specialist_a_line_and_one_main_contact(district: District) -> None:
    """each enterprise exactly one active 服务专员 per line, one marked 主联系人"""
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="T01", account="T01-head") as head:
        await the_net(client)
        id_, bare = await served(client, 1), await enterprise(client, 2)
        await assign(client, id_, "horizontal", "T01", worker=member("T01-w2"), on="2026-03-01")
        answer = await ok(await client.get(f"/enterprises/{id_}/responsibility"))
        assert answer["horizontal"]["worker"]["account"] == "T01-w2", "the next one, and no longer the first"
        assert (answer["main_contact"]["line"], answer["main_contact"]["chosen"]) == ("vertical", False)
        chosen = await ok(
            await head.post(f"/enterprises/{id_}/choose-main-contact", json={"line": "horizontal", "on": "2026-03-02"})
        )
        assert (chosen["main_contact"]["worker"]["account"], chosen["main_contact"]["chosen"]) == ("T01-w2", True)
        again = await ok(
            await head.post(f"/enterprises/{id_}/choose-main-contact", json={"line": "horizontal", "on": "2026-03-02"})
        )
        assert again["version"] == chosen["version"]
        later = await head.post(f"/enterprises/{id_}/choose-main-contact", json={"line": "horizontal", "on": "2026-03-03"})
        assert later.status_code == 409 and later.json()["type"].endswith("said-otherwise"), "it is so since another day"
        before = await ok(await client.get(f"/enterprises/{id_}/responsibility?on=2026-03-01"))
        assert before["main_contact"]["chosen"] is False
        other = await head.post(f"/enterprises/{id_}/choose-main-contact", json={"line": "vertical", "on": "2026-03-04"})
        assert other.status_code == 403, "each unit for its own line"
        nobody = await client.post(f"/enterprises/{bare}/choose-main-contact", json={"line": "vertical", "on": "2026-03-04"})
        assert nobody.status_code == 409 and nobody.json()["type"].endswith("nobody-named-there")
        unknown = await client.post(
            f"/enterprises/{derived_id('x')}/choose-main-contact", json={"line": "vertical", "on": "2026-03-04"}
        )
        assert unknown.status_code == 404


async def test_the_enterprise_can_be_told_name_and_office_phone(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await served(client, 1)
        await ok(await client.put("/mapping/phones", json={"entries": {"T01": "0857-8000001"}, "on": "2026-01-01"}))
        answer = await ok(await client.get(f"/enterprises/{id_}/responsibility"))
        assert (answer["horizontal"]["worker"]["name"], answer["horizontal"]["office_phone"]) == ("某T01-w1", "0857-8000001")
        assert answer["vertical"]["office_phone"] == ""
        wrong = await client.put("/mapping/phones", json={"entries": {"T99": "0857-8000001"}, "on": "2026-01-01"})
        assert wrong.status_code == 409 and wrong.json()["units"] == ["T99"]


async def test_the_database_refuses_two_at_once(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await served(client, 1)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await service.pool.execute(
            "insert into assignment (enterprise, line, since, until, unit) values ($1, 'vertical', '2026-02-01', null, 'D02')",
            id_,
        )


async def test_somebody_named_by_two_units_is_found(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_net(client)
        await ok(
            await client.post(
                "/members/T01-w1/appoint", json={"name": "某某", "unit": "T02", "role": "worker", "on": "2026-01-01"}
            )
        )
        await served(client, 1)
        other = await enterprise(client, 2)
        await assign(client, other, "horizontal", "T02", worker=member("T01-w1"), on="2026-04-01")
        (found,) = (await ok(await client.get("/overlaps")))["items"]
        assert (found["account"], found["unit"], found["other_unit"], found["since"]) == ("T01-w1", "T01", "T02", "2026-04-01")
        assert (await ok(await client.get("/overlaps?from=2026-01-01&to=2026-03-31")))["total"] == 0


async def test_another_service_can_tell_the_enterprise_who_serves_it(district: District) -> None:
    roster, visits = await district.open("roster", relay=True), await district.open("visits", relay=True)
    async with district.client(roster) as client:
        await the_net(client)
        id_ = await served(client, 1)
        await ok(
            await client.put("/mapping/phones", json={"entries": {"T02": "电话", "T01": "0857-8000001"}, "on": "2026-01-01"}), 422
        )
        for phone in ("0857-8000000", "0857-8000001"):
            await ok(await client.put("/mapping/phones", json={"entries": {"T01": phone}, "on": "2026-01-01"}))
        await ok(await client.post(f"/enterprises/{id_}/choose-main-contact", json={"line": "horizontal", "on": "2026-03-02"}))
        position = await roster.pool.fetchval("select pos from log.head")

    async def there() -> bool:
        return (await visits.pool.fetchval("select pos from cursor where name = 'directory'") or 0) >= position

    await until(there)
    found = await Directory(visits.pool).specialists(UUID(id_), date(2026, 9, 1))
    names = await visits.vault.open([item.name for item in found], Opening.NAMES)
    assert [(str(i.line), i.unit_name, i.office_phone, i.main, name) for i, name in zip(found, names, strict=True)] == [
        ("horizontal", "东镇", "0857-8000001", True, "某T01-w1"),
        ("vertical", "甲局", "", False, "某D01-w1"),
    ]
