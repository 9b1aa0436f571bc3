"""Issues over HTTP: the way of a ticket, one for each demand, numbers without gaps, deadlines in working days."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support.roster import credit
from support.world import District, until

from services.issues.reactions import reactions
from services.roster.domain import calendar
from shared.events.visits import Demand, VisitCorrected, Visited, Visitor, VisitRecorded
from shared.http.service import Service
from shared.language.decider import Decider
from shared.language.facts import Command, Fact
from shared.language.ids import new_id
from shared.language.terms import Line, Mode, Role, derived_id
from shared.log import directory
from shared.log.eventlog import after

START = "2021-08-01"
JSON = {"Content-Type": "application/json"}
OFF = [
    f"2026-{d}"
    for d in (
        "01-01",
        "04-05",
        "06-19",
        *(f"02-{n}" for n in range(15, 24)),
        *(f"05-0{n}" for n in range(1, 6)),
        "09-25",
        "09-26",
        "09-27",
        *(f"10-0{n}" for n in range(1, 8)),
    )
]
WORKED = ["2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


class Tell(Command):
    fact: VisitRecorded | VisitCorrected


def _told(_state: Any, command: Any, _context: Any) -> list[Fact]:
    return [command.fact]


VISIT: Any = Decider("visit", None, _told, lambda _state, fact: fact)


class Scene:
    def __init__(self, district: District, issues: Service, enterprise: str) -> None:
        self.district, self.issues, self.enterprise = district, issues, enterprise

    def who(self, account: str, role: Role, unit: str = "T01") -> httpx.AsyncClient:
        return self.district.client(self.issues, role, unit=unit, account=account)

    def body(self, **more: Any) -> dict[str, Any]:
        return {"enterprise": self.enterprise, "source": "in_person", "content": "路不平", **more}


async def a_scene(district: District) -> Scene:
    roster = await district.open("roster", relay=True)
    async with district.client(roster) as office:
        for code, kind, parent in (
            ("520502", "district", None),
            ("T01", "township", "520502"),
            ("D05", "department", "520502"),
        ):
            made = await office.put(f"/units/{code}", json={"name": code, "kind": kind, "parent": parent, "on": START})
            assert made.status_code == 201, made.text
        for account, role in (("w", "worker"), ("l", "liaison"), ("h", "head"), ("d", "deputy")):
            made = await office.post(
                f"/members/{account}/appoint", json={"name": "张三", "unit": "T01", "role": role, "on": START}
            )
            assert made.status_code == 200, made.text
        content = {"code": credit(1), "name": "某某公司", "on": START, "assignments": [{"line": "horizontal", "unit": "T01"}]}
        made = await office.put(f"/enterprises/{credit(1)}", json=content)
        assert made.status_code == 201, made.text
    publish = getattr(calendar, next(name for name in dir(calendar) if name.startswith("Publish")))
    days = [{"date": d, "off": d in OFF, "name": "节"} for d in sorted(OFF + WORKED)]
    more = {"source": "国办"} if "source" in publish.model_fields else {}
    context = await roster.context(district.actor(Role.OFFICE, Role.SYSTEM), "2026", calendar.KnownYear(2026))
    command = publish.model_validate({"days": days, **more})
    await roster.desk.handle(calendar.CALENDAR, "2026", command, context, command_id=uuid4())
    issues = await district.open("issues", relay=True)

    async def there() -> bool:
        return await issues.pool.fetchval("select count(*) from calendar_year") == 1

    await until(there)
    await asyncio.sleep(1.1)  # Calendars are read again each second.
    return Scene(district, issues, made.json()["id"])


async def some_visits(district: District) -> Service:
    """A service of visits that says whatever it is told to."""
    visits = Service(
        "visits", district.settings("visits"), (VISIT,), {}, title="visits", followers=lambda _service: [directory.follower()]
    )
    district.streams()
    await visits.open(database=await district.database("visits"), relay=True)
    district.services["visits"] = visits
    return visits


async def tell(district: District, visits: Service, visit: UUID, fact: VisitRecorded | VisitCorrected) -> None:
    context = await visits.context(district.actor(Role.OFFICE, Role.SYSTEM), visit)
    await visits.desk.handle(VISIT, visit, Tell(fact=fact), context, command_id=uuid4())


def a_visit(scene: Scene, **more: Any) -> VisitRecorded:
    visitor = Visitor(member=uuid4(), unit="T01", line=Line.HORIZONTAL, role=Role.WORKER)
    demands = tuple(Demand(no=n, content=f"诉求{n}") for n in (1, 2, 3))
    fact: dict[str, Any] = {
        "enterprise": Visited(id=UUID(scene.enterprise), code=credit(1), name="旧名"),
        "on": date(2026, 9, 1),
        "mode": Mode.PHONE,
        "visitors": (visitor,),
        "demands": demands,
        **more,
    }
    return VisitRecorded(**fact)


async def test_a_ticket_goes_its_way_through_a_rejection_and_a_reopening(district: District) -> None:
    scene = await a_scene(district)
    w, l_, h, d = (scene.who(a, r) for a, r in zip("wlhd", (Role.WORKER, Role.LIAISON, Role.HEAD, Role.DEPUTY), strict=True))
    solved = {"outcome": "solved", "result": "好了", "reply": "已修好"}
    order = {"unit": "T01", "leader": str(derived_id("member", "h")), "measures": "修路", "due": "standard"}
    async with w, l_, h, d, scene.who("cb", Role.CALLER_BACK, "office") as c:
        at = f"/issues/{new_id()}"
        assert [(await w.put(at, json=scene.body())).status_code for _ in "ab"] == [201, 200]
        assert (await w.put(at, json=scene.body(content="x"))).status_code == 409
        for client, act, content in (
            (l_, "accept", {}),
            (h, "dispatch", order),
            (l_, "sign", {"handler": str(derived_id("member", "w"))}),
            (w, "progress", {"note": "已联系", "contacted": True}),
            (w, "resolve", solved),
            (h, "approve", {}),
            (c, "call-back", {"outcome": "answered", "rating": "2", "reason": "没修好"}),
            (c, "reopen", {"reason": "没修好"}),
            (w, "resolve", solved),
            (d, "reject", {"reason": "补图"}),
            (w, "resolve", {**solved, "reply": "又修好了"}),
            (d, "approve", {}),
            (c, "call-back", {"outcome": "answered", "rating": "5"}),
            (c, "close", {}),
        ):
            answer = await client.post(f"{at}/{act}", json=content)
            assert answer.status_code == 200, (act, answer.text)
        assert (await w.get(at)).json()["stage"] == "closed"
        early = await l_.post(f"{at}/archive", json={})
        assert (early.status_code, early.json()["type"]) == (409, "urn:guiren:problem:too-early-to-archive")


async def test_nobody_takes_an_id_that_a_demand_will_need(district: District) -> None:
    """What a visit, a call or an order brings is reported under an id that follows from it."""
    scene = await a_scene(district)
    async with scene.who("office", Role.OFFICE, "office") as office:
        answer = await office.put(f"/issues/{derived_id('issue', 'visit', '1')}", json=scene.body())
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:guiren:problem:id-of-the-platform")


async def test_each_demand_has_one_ticket_whatever_is_corrected_or_delivered_again(district: District) -> None:
    scene, visit = await a_scene(district), new_id()
    visits, fact = await some_visits(district), a_visit(scene)
    await tell(district, visits, visit, fact)
    more = {"demands": (Demand(no=1, content="改了"), Demand(no=4, content="新"))}
    await tell(district, visits, visit, VisitCorrected(**{**{n: getattr(fact, n) for n in type(fact).model_fields}, **more}))
    async with scene.who("office", Role.OFFICE, "office") as office:

        async def four() -> bool:
            return (await office.get("/issues", params={"visit": str(visit)})).json()["total"] == 4

        await until(four)
    before = await scene.issues.pool.fetchval("select pos from log.head")
    for entry in await after(visits.pool, 0, 10):
        await reactions(scene.issues)[0].react(entry)
    assert await scene.issues.pool.fetchval("select pos from log.head") == before


async def test_a_poisonous_visit_is_parked_and_can_be_replayed(district: District) -> None:
    scene = await a_scene(district)
    await tell(district, await some_visits(district), new_id(), a_visit(scene, visitors=()))
    async with scene.who("office", Role.OFFICE, "office") as office, scene.who("w", Role.WORKER) as worker:

        async def parked() -> bool:
            return bool((await office.get("/parked")).json()["items"])

        await until(parked)
        assert (await worker.post("/parked/replay")).status_code == 403
        assert (await office.post("/parked/replay")).status_code == 200


async def test_numbers_have_no_gaps_and_pages_no_repeats_when_many_report_at_once(district: District) -> None:
    scene, walked, more = await a_scene(district), [], {}
    async with scene.who("w", Role.WORKER) as worker:
        ids = [str(new_id()) for _ in range(30)]
        answers = await asyncio.gather(*(worker.put(f"/issues/{i}", json=scene.body()) for i in ids for _ in "ab"))
        assert sorted(answer.status_code for answer in answers) == [200] * 30 + [201] * 30
        rows = await scene.issues.pool.fetch("select seq from issue order by seq")
        assert [row["seq"] for row in rows] == list(range(1, 31))
        while True:
            page = (await worker.get("/issues", params={"limit": 7, **more})).json()
            walked += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            more = {"cursor": page["next_cursor"]}
    assert sorted(walked) == sorted(ids)


async def test_working_days_are_counted_by_the_calendar(district: District) -> None:
    scene = await a_scene(district)
    async with scene.who("w", Role.WORKER) as worker:
        for start, days, on in (
            ("02-10", 5, "02-24"),
            ("04-29", 5, "05-09"),
            ("05-06", 5, "05-12"),
            ("09-18", 1, "09-20"),
            ("09-17", 3, "09-21"),
            ("09-24", 5, "10-09"),
            ("09-30", 1, "10-08"),
        ):
            got = (await worker.get("/calendar/add", params={"from": f"2026-{start}", "workdays": days})).json()
            assert (got["on"], got["provisional"]) == (f"2026-{on}", False)


@pytest.mark.parametrize("raw", [b"", b"null", b"\xff\xfe", b"[" * 100_000, b'{"content":"\\ud800"}', b'{"content":"\\u0000"}'])
async def test_hostile_input_is_refused_and_never_a_fault(district: District, raw: bytes) -> None:
    issues = await district.open("issues")
    async with district.client(issues) as office:
        answer = await office.put(f"/issues/{new_id()}", content=raw, headers=JSON)
        assert 400 <= answer.status_code < 500, answer.text
        for held in ("x", "9" * 40, "-1", "*"):
            answer = await office.post(f"/issues/{new_id()}/close", json={}, headers={"If-Match": held})
            assert 400 <= answer.status_code < 500, (held, answer.text)
        for query in ("cursor=zz", "unit=%00", "month=9999-13", "limit=0", "enterprise=x", "cursor=W10="):
            assert (await office.get(f"/issues?{query}")).status_code < 500, query


async def test_no_two_tickets_are_merged_into_each_other_at_once(district: District) -> None:
    scene = await a_scene(district)
    async with scene.who("w", Role.WORKER) as worker, scene.who("office", Role.OFFICE) as office:

        async def merge(one: UUID, other: UUID) -> int:
            said = {"master": str(other), "reason": "同一事项"}
            key = {"Idempotency-Key": str(uuid4())}
            return (await office.post(f"/issues/{one}/merge", json=said, headers=key)).status_code

        for _ in range(8):
            one, other = new_id(), new_id()
            for ticket in (one, other):
                assert (await worker.put(f"/issues/{ticket}", json=scene.body())).status_code == 201
            assert sorted(await asyncio.gather(merge(one, other), merge(other, one))) == [200, 409]
