"""The net's routes: odd questions are never a fault, free text comes back byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
from support.net import enterprise, member, served, the_net
from support.world import District

from shared.language.ids import new_id
from shared.language.terms import Role, derived_id

NAUGHTY: list[str] = orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes())


async def test_odd_questions_are_refused_but_never_a_fault(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await served(client, 1)
        days = ("0001-01-01", "9999-12-31", "2026-02-30", "x", "")
        for address in (
            *(f"/enterprises/{id_}/responsibility?on={day}" for day in days),
            *(f"/gaps?from={day}&to={day}" for day in days),
            *(f"/gaps/totals?on={day}" for day in days),
            *(f"/matrix?on={day}" for day in days),
            *(f"/load?on={day}" for day in days),
            *(f"/overlaps?from={day}&to={day}" for day in days),
            *(f"/mapping/industries?on={day}" for day in days),
            *(f"/brand?on={day}" for day in days),
            "/gaps?from=2026-02-01&to=2026-01-01",
            "/gaps?kind=x",
            "/gaps?unit=%00",
            "/gaps?cursor=W10=",
            "/gaps?cursor=WyJhIiwiYiIsImMiLCJkIl0=",
            "/responsibility",
            "/responsibility?code=x",
            "/responsibility?code=91520502MA00000X0X",
            "/matrix/cell?department=%00",
            "/matrix/cell?township=%E6%9D%91&gaps=maybe",
            "/load?over=1&line=x",
            "/load/x/enterprises",
            f"/load/{derived_id('x')}/enterprises",
            "/load/proposal",
            "/load/proposal?unit=T99",
            "/load/proposal?unit=520502",
            "/mapping/x",
            "/mapping/industries?version=0",
            "/mapping/industries?version=99999999999999999999",
            "/mapping/industries/versions",
            "/projects?enterprise=x",
            "/projects?plaqued=x",
            "/projects/x",
            "/deliveries?month=2026-13",
            f"/deliveries/{derived_id('x')}",
            "/calendar/2026?version=99999999999",
            "/calendar/2026/versions",
            "/queues/unassigned?line=vertical",
        ):
            answer = await client.get(address)
            assert answer.status_code < 500, (address, answer.text)
        for body in (
            {"entries": {"13": "D01"}, "on": "9999-12-31"},
            {"entries": {"13": "D01"}, "on": "0001-01-01"},
            {"entries": {}, "on": "2026-01-01"},
            {"entries": {"\ud800": "D01"}, "on": "2026-01-01"},
            {"entries": {"a\x00b": "T01"}, "on": "2026-01-01"},
            {"entries": [], "on": 7},
        ):
            raw = json.dumps(body)
            for address in ("/mapping/industries/preview", "/mapping/industries/apply?version=1"):
                answer = await client.post(address, content=raw, headers={"Content-Type": "application/json"})
                assert answer.status_code < 500, (address, body, answer.text)
            answer = await client.put("/mapping/places", content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code in (200, 409, 422), (body, answer.text)
        async with district.client(service, Role.ADMIN, account="root") as admin:
            for address in ("/gaps", "/gaps/totals", "/matrix", "/matrix/cell", "/load", "/projects", "/deliveries", "/overlaps"):
                assert (await admin.get(address)).status_code == 403, address


async def test_free_text_comes_back_byte_for_byte_or_is_refused(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_net(client)
        id_, kept = await enterprise(client, 1), 0
        for text in NAUGHTY[::4]:
            brand = {
                "brand": "贵",
                "slogan": text,
                "core": [text],
                "lead_office": "某办公室",
                "district": "某区",
                "note": text,
                "on": "2026-01-01",
            }
            answer = await client.put("/brand", json=brand, headers={"If-Match": str(kept)} if kept else {})
            assert answer.status_code in (200, 422), (text, answer.text)
            if answer.status_code == 200:
                kept += 1
                said = answer.json()
                assert (said["slogan"], said["core"], said["note"]) == (text, [text], text)
            key = new_id()
            answer = await client.put(f"/projects/{key}", json={"name": text, "enterprise": id_, "on": "2026-02-01"})
            assert answer.status_code in (201, 422), (text, answer.text)
            if answer.status_code == 201:
                assert answer.json()["name"] == text
                hung = {"number": text[:30], "leader": member("T01-head"), "contact": member("T01-w1"), "on": "2026-03-01"}
                answer = await client.post(f"/projects/{key}/hang", json=hung)
                assert answer.status_code in (200, 409, 422), (text, answer.text)
                if answer.status_code == 200:
                    assert answer.json()["plaque"]["number"] == text[:30]
                    page = await client.get(f"/projects/{key}/plaque.pdf?site=https://a.example")
                    assert page.status_code == 200 and page.content.startswith(b"%PDF-"), (text, page.text[:200])
        assert kept > 80
