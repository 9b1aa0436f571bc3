"""R04 网格化管理责任制."""

from __future__ import annotations

import asyncio
import io
from datetime import date
from uuid import UUID, uuid4

import httpx
from openpyxl import load_workbook
from support.net import DAY, assign, member, ok, served, the_net
from support.world import District

from shared.http.service import Service
from shared.language.terms import Role

TODAY = date(2026, 9, 14)


def as_(district: District, service: Service, account: str, role: Role = Role.WORKER, unit: str = "T01") -> httpx.AsyncClient:
    return district.client(service, role, unit=unit, account=account)


async def opened(client: httpx.AsyncClient, **more: object) -> tuple[str, httpx.Response]:
    id_ = str(uuid4())
    body = {
        "unit": "T01",
        "line": "horizontal",
        "giver": member("T01-w1"),
        "taker": member("T01-w2"),
        "on": str(TODAY),
        "document": "东镇交接1号",
        **more,
    }
    return id_, await client.put(f"/handovers/{id_}", json=body)


async def answers_for(client: httpx.AsyncClient, id_: str, on: date = TODAY) -> str:
    return (await ok(await client.get(f"/enterprises/{id_}/responsibility", params={"on": str(on)})))["horizontal"]["worker"][
        "account"
    ]


async def test_who_answered_from_when_to_when_by_which_document_and_how_it_is_handed_over(district: District) -> None:
    """each assignment carries 责任人, from, to, 依据文号; hand-over needs both signatures"""
    service = await district.open()
    async with district.client() as office, as_(district, service, "T01-w1") as giver, as_(district, service, "T01-w2") as taker:
        await the_net(office)
        first, second, kept = [await served(office, n) for n in (1, 2, 3)]
        await assign(office, kept, "horizontal", "T02", "2026-05-01", worker=member("T02-w1"), document="区文9号")
        id_, answer = await opened(giver)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["enterprises"], answer.json()["stage"]) == (2, "open")  # The third is no longer the giver's.
        assert (await ok(await taker.get("/handovers?mine=true")))["total"] == 1
        assert (await ok(await giver.post(f"/handovers/{id_}/sign", json={})))["stage"] == "open"
        again = await ok(await giver.post(f"/handovers/{id_}/sign", json={}))
        assert again["stage"] == "open" and again["replayed"]
        assert [await answers_for(office, item) for item in (first, second)] == [
            "T01-w1",
            "T01-w1",
        ]  # One signature moves nothing.
        done = await ok(await taker.post(f"/handovers/{id_}/sign", json={}))
        assert done["stage"] == "done" and done["giver_signed"] and done["taker_signed"]
        assert [await answers_for(office, item, date(2099, 1, 1)) for item in (first, second)] == ["T01-w2", "T01-w2"]
        assert await answers_for(office, first, date(2026, 8, 1)) == "T01-w1"
        rows = (await ok(await office.get("/responsibility/history", params={"enterprise": first})))["items"]
        told = [(r["account"], r["since"], r["until"], r["document"]) for r in rows if r["line"] == "horizontal"]
        assert told[-1][0] == "T01-w2" and told[-1][2:] == (None, "东镇交接1号")
        assert told[0] == ("T01-w1", DAY, told[-1][1], "")
        gone = (await ok(await office.get("/responsibility/history", params={"enterprise": kept})))["items"]
        assert ("T02-w1", "2026-05-01", "区文9号") in [(r["account"], r["since"], r["document"]) for r in gone]
        book = load_workbook(io.BytesIO((await office.get("/responsibility/history.xlsx?unit=T01")).content))
        lines = list(book.active.iter_rows(values_only=True))
        assert lines[0][0] == "责任沿革表"
        assert ["东镇", None, "某T01-w2"] in [list(line[3:6]) for line in lines[3:]]


async def test_only_the_two_sign_and_nothing_happens_without_them(district: District) -> None:
    service = await district.open()
    async with district.client() as office, as_(district, service, "T01-w1") as giver, as_(district, service, "T01-w2") as taker:
        await the_net(office)
        one = await served(office, 1)
        id_, answer = await opened(office)
        assert answer.status_code == 201
        async with (
            as_(district, service, "T01-head", Role.HEAD) as head,
            as_(district, service, "T02-w1", unit="T02") as stranger,
        ):
            assert (await head.post(f"/handovers/{id_}/sign", json={})).status_code == 403
            assert (await stranger.get(f"/handovers/{id_}")).status_code == 404
            assert (await opened(stranger))[1].status_code == 403
            withdrawn = await ok(await head.post(f"/handovers/{id_}/withdraw", json={"reason": "另行安排"}))
            assert withdrawn["stage"] == "withdrawn"
        for client in (giver, taker):
            over = await client.post(f"/handovers/{id_}/sign", json={})
            assert over.status_code == 409 and over.json()["title"] == "交接已完成或已撤回"
        assert await answers_for(office, one) == "T01-w1"
        refused = [
            await opened(giver, giver=member("T01-w2"), taker=member("T01-w1")),
            await opened(office, taker=member("T02-w1")),
            await opened(office, enterprises=[str(UUID(int=5))]),
            await opened(office, taker=member("T01-w1")),
            await opened(office, giver=member("T01-w2"), taker=member("T01-w1")),
        ]
        assert [(item.status_code, item.json()["type"].rsplit(":", 1)[-1]) for _, item in refused] == [
            (403, "forbidden"),
            (409, "taker-not-of-unit"),
            (409, "not-the-givers"),
            (422, "malformed"),
            (409, "nothing-to-hand-over"),
        ]


async def test_both_sign_at_the_same_moment_and_everything_moves_once(district: District) -> None:
    service = await district.open()
    async with district.client() as office, as_(district, service, "T01-w1") as giver, as_(district, service, "T01-w2") as taker:
        await the_net(office)
        ids = [await served(office, n) for n in range(1, 6)]
        id_, _ = await opened(office)
        answers = await asyncio.gather(
            *(client.post(f"/handovers/{id_}/sign", json={}) for client in (giver, taker, giver, taker))
        )
        assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
        assert [await answers_for(office, item, date(2099, 1, 1)) for item in ids] == ["T01-w2"] * 5
        moved = await service.pool.fetchval(
            "select count(*) from log.entry where type = 'roster.enterprise-assigned.v1' and stream like 'enterprise/%' "
            "and ver > 3"
        )
        assert moved == 5


async def test_what_was_given_away_meanwhile_stays_where_it_is(district: District) -> None:
    service = await district.open()
    async with district.client() as office, as_(district, service, "T01-w1") as giver, as_(district, service, "T01-w2") as taker:
        await the_net(office)
        one, two = [await served(office, n) for n in (1, 2)]
        id_, _ = await opened(giver)
        await ok(await giver.post(f"/handovers/{id_}/sign", json={}))
        await assign(office, two, "horizontal", "T02", "2026-06-01", worker=member("T02-w1"))
        assert (await ok(await taker.post(f"/handovers/{id_}/sign", json={})))["stage"] == "done"
        assert await answers_for(office, one, date(2099, 1, 1)) == "T01-w2"
        assert await answers_for(office, two, date(2099, 1, 1)) == "T02-w1"


async def test_nothing_goes_to_somebody_who_left_between_opening_and_signing(district: District) -> None:
    service = await district.open()
    async with district.client() as office, as_(district, service, "T01-w1") as giver, as_(district, service, "T01-w2") as taker:
        await the_net(office)
        one = await served(office, 1)
        id_, _ = await opened(giver)
        await ok(await giver.post(f"/handovers/{id_}/sign", json={}))
        await ok(await office.post("/members/T01-w2/release", json={"unit": "T01", "role": "worker", "on": "2026-09-10"}))
        refused = await taker.post(f"/handovers/{id_}/sign", json={})
        assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (409, "taker-not-of-unit")
        assert (await ok(await office.get(f"/handovers/{id_}")))["stage"] == "open"
        assert await answers_for(office, one, date(2099, 1, 1)) == "T01-w1"


async def test_the_last_signature_is_told_as_new_and_its_repeat_as_a_repeat(district: District) -> None:
    service = await district.open()
    async with district.client() as office, as_(district, service, "T01-w1") as giver, as_(district, service, "T01-w2") as taker:
        await the_net(office)
        await served(office, 1)
        id_, _ = await opened(giver)
        replayed = [
            (await ok(await client.post(f"/handovers/{id_}/sign", json={})))["replayed"] for client in (giver, taker, taker)
        ]
        assert replayed == [False, False, True]
