"""What is there in the small district of ``whole``: everybody at his post, and everything said once by whoever may say it."""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.issues.domain.ticket import commands as c
from services.issues.domain.ticket.decide import ISSUE
from services.issues.projections.numbering import numbered
from services.reporting.projections import Rebuild, Reporting
from shared.http.public import Limiter, Turnstile
from shared.language.terms import derived_id
from support import tickets
from support.applications import application
from support.roster import credit
from support.whole import (
    ACCOUNTS,
    BEFORE,
    BRANCHES,
    CODES,
    DAY,
    HELPERS,
    HERE,
    MONTH,
    NOW,
    START,
    UNITS,
    Whole,
    member,
    named,
)
from support.world import District, World


@asynccontextmanager
async def a_whole_district(world: World) -> AsyncGenerator[Whole, None]:
    """It, level, on the morning of 2026-09-15."""
    district = District(world, "whole_")
    whole = Whole(district)
    try:
        await _founded(whole)
        await _registered(whole)
        for name in ("visits", "issues", "reporting"):
            await _opened(whole, name)
        await whole.level()
        for fill in (_roster, _visits, _issues):
            await fill(whole)
        await whole.level()
        await _reporting(whole)
        await whole.level()
        yield whole
    finally:
        world.living.discard(district.code)
        await district.close()


async def _opened(whole: Whole, name: str) -> None:
    service = whole.services[name] = await whole.district.open(name, relay=True)
    service.clock = lambda: NOW
    app = whole.apps[name] = service.app(*importlib.import_module(f"services.{name}.api").ROUTERS)
    app.openapi = application(name).openapi  # The same document: to make it takes longer than many a test.
    app.state.turnstile = Turnstile(*(Limiter(10**9, 10**9) for _ in range(5)))


async def _founded(whole: Whole) -> None:
    """Units, and everybody at his post."""
    await _opened(whole, "roster")
    district = whole.district
    async with district.client(whole.services["roster"]) as office:
        for code, kind, parent in UNITS:
            body = {"name": f"某{code}", "kind": kind, "parent": parent, "on": START}
            answer = await office.put(f"/units/{code}", json=body)
            assert answer.is_success, answer.text
    for account, (unit, role) in {**ACCOUNTS, **HELPERS}.items():
        more = {"sub_unit": BRANCHES[account]} if account in BRANCHES else {}
        await district.appoint(account, name="张三", phone="19900000002", unit=unit, role=role, on=START, **more)
    await whole.do("roster", "office", "POST", "/members/released/release", {"unit": "T01", "role": "worker", "on": "2026-09-01"})


async def _registered(whole: Whole) -> None:
    """Three enterprises of T01 and D05, one of them in the village; and one that nobody has."""
    for number, worker in ((1, "w"), (2, "w2"), (3, "w")):
        lines = [
            {"line": "horizontal", "unit": "T01", "worker": member(worker), **({"sub_unit": "T01-1"} if number == 3 else {})},
            {"line": "vertical", "unit": "D05", "worker": member("w5")},
        ]
        body = {
            "code": credit(number),
            "name": f"某{number}公司",
            "on": START,
            "contact": "李四",
            "phone": f"1990000001{number}",
            "assignments": lines,
        }
        made = await whole.do("roster", "office", "PUT", f"/enterprises/{credit(number)}", body)
        whole.enterprises.append(made["id"])
    made = await whole.do(
        "roster", "office", "PUT", f"/enterprises/{credit(4)}", {"code": credit(4), "name": "某4公司", "on": START}
    )
    whole.things["roster/queues/unplaced"] = [made["id"]]
    days = [{"date": f"2026-{day}", "off": True, "name": "节"} for day in ("09-25", "09-26", "09-27", "10-01")]
    await whole.do("roster", "office", "PUT", "/calendar/2026", {"days": days, "source": "国办"})


async def _roster(whole: Whole) -> None:
    """What only the roster has."""
    one, two, _ = whole.enterprises

    async def put(collection: str, by: str, as_: str = "", **body: Any) -> None:
        name = as_ or collection
        await whole.do("roster", by, "PUT", f"/{collection}/{named(name)}", body)
        whole.things.setdefault(f"roster/{collection}", []).append(named(name))

    await put("censuses", "office", title="年度摸底", line="horizontal", since="2026-01-01", until="2026-12-31")
    await put("corrections", "w", enterprise=one, reason="营业执照已更名", changes={"name": "某一公司"})
    await put(
        "deliveries",
        "office",
        unit="T01",
        month=BEFORE,
        channel="sealed_email",
        file="台账.xlsx",
        sha256="ab" * 32,
        received_on=DAY,
    )
    await put("handovers", "h", unit="T01", line="horizontal", giver=member("w"), taker=member("w2"), on="2026-09-20")
    await put("projects", "office", name="某项目", enterprise=one, on=DAY)
    await put("projects", "office", "hung", name="某挂牌项目", enterprise=one, on=DAY)
    plaque = {"number": "1号", "leader": member("h"), "contact": member("w"), "on": DAY}
    await whole.do("roster", "office", "POST", f"/projects/{named('hung')}/hang", plaque)
    await put("tasks", "h", unit="T01", title="政策宣传一次", members=[member("w")], due="2026-10-20")
    row = f"统一社会信用代码,企业名称,登记状态,成立日期,住所\n{credit(7)},某某7公司,也许,2016-03-01,某路\n"
    await whole.do("roster", "office", "POST", "/imports?apply=true", content=row.encode())
    rows = await whole.do("roster", "office", "GET", "/queues/rows")
    whole.things["roster/queues/rows"] = [rows["items"][0]["id"]]
    paper = {"document": named("paper"), "kind": "plan", "number": "1号", "title": "方案", "issued": DAY}
    await whole.do("roster", "h", "POST", "/units/T01/document", paper)
    for name in ("places", "industries"):
        await whole.do(
            "roster", "office2", "PUT", f"/mapping/{name}", {"entries": {"01": "T01"} if name == "places" else {}, "on": DAY}
        )
    await _proposed(whole, two)
    for enterprise, asked in ((one, True), (two, False)):
        subjects = await whole.do("roster", "office-head2", "GET", f"/subjects?enterprise={enterprise}")
        subject = subjects["items"][0]["subject"]
        for service in whole.services:
            whole.things.setdefault(f"{service}/subjects", []).append(subject)
        if asked:
            answer = await whole.do("roster", "office-head2", "POST", f"/subjects/{subject}/erase", {"reason": "本人要求删除"})
            whole.proposals[subject] = answer["proposal"]


async def _proposed(whole: Whole, enterprise: str) -> None:
    """What waits for a second person."""
    asks = (
        ("/members/proposed/appoint", {"name": "王某", "unit": "T01", "role": "worker", "on": DAY}, "proposed"),
        ("/units/T09/end", {"on": "2026-12-31"}, "T09"),
        ("/units/T07/end", {"on": "2026-12-31"}, "T07"),
        (f"/enterprises/{enterprise}/assign", {"line": "horizontal", "unit": "T09", "on": DAY}, enterprise),
    )
    for path, body, key in asks:
        whole.proposals[key] = (await whole.do("roster", "office2", "POST", path, body))["proposal"]
    await whole.do("roster", "office-head2", "POST", "/units/T07/confirm", {"proposal": whole.proposals["T07"]})


async def _visits(whole: Whole) -> None:
    """What was done for the enterprises, by w of T01."""
    told = {
        "mode": "phone",
        "note": "订单充足,用工稳定,生产经营正常",
        "phone": "19900000001",
        "interviewee": "李四",
        "claimed_at": "2026-09-14T10:00:00+08:00",
        "connected_seconds": 300,
        "difficulties": "用电紧张,融资困难",
    }
    for name in ("visit", "visit2", "denied"):
        at = f"/visits/{named(name)}"
        await whole.do("visits", "w", "PUT", at, {"enterprise": whole.enterprises[0], "on": DAY, **told})
        if name != "denied":
            await whole.do("visits", "w", "PUT", f"{at}/evidence/{whole.digest}?kind=photo", content=whole.photo)
    whole.things["visits/visits"] = [named("visit"), named("visit2"), named("denied")]
    await _asked_of_enterprises(whole)
    await _published(whole)


async def _asked_of_enterprises(whole: Whole) -> None:
    """Questionnaires, polls, surveys; and links, each opened by the enterprise."""
    mine = whole.enterprises[0]
    question = {"id": "q1", "text": "您对走访服务是否满意?", "kind": "rating", "required": True, "meaning": "satisfaction"}
    form = {"title": "问卷", "introduction": "一分钟", "questions": [question]}
    await whole.do("visits", "office", "PUT", f"/questionnaires/{named('questionnaire')}", form)
    await whole.do("visits", "office", "POST", f"/questionnaires/{named('questionnaire')}/publish", {})
    await whole.do("visits", "office", "PUT", f"/questionnaires/{named('draft')}", form)
    poll = {"title": "问卷", "questionnaire": named("questionnaire"), "no": 1, "begins_on": "2026-09-01", "ends_on": "2026-12-31"}
    await whole.do("visits", "office", "PUT", f"/polls/{named('poll')}", poll)
    await whole.do("visits", "office", "PUT", f"/surveys/{named('survey')}", {"title": "知晓率"})
    whole.things |= {
        "visits/questionnaires": [named("questionnaire"), named("draft")],
        "visits/polls": [named("poll")],
        "visits/surveys": [named("survey")],
    }
    await whole.do("visits", "w", "PUT", f"/links/{named('links')}", {"enterprise": mine})
    whole.things["visits/links"] = [named("links")]
    of_visit = {"enterprise": mine, "purpose": "visit", "visit": named("visit2")}
    await whole.do("visits", "office", "POST", f"/polls/{named('poll')}/issue", {})
    of_poll = derived_id("link", named("poll"), mine)
    for made in (
        await whole.do("visits", "office", "PUT", f"/links/{named('visit-link')}", of_visit),
        await whole.do("visits", "office", "POST", f"/links/{of_poll}/reissue", {}),
        await whole.do("visits", "office", "PUT", f"/links/{named('general')}", {"enterprise": mine}),
    ):
        whole.tokens.append(made["path"].removeprefix("/s/"))
        await whole.do("visits", "", "POST", f"/public/{whole.tokens[-1]}/open")


async def _published(whole: Whole) -> None:
    """Campaigns, materials, policies, copies handed out, consultations."""

    async def put(collection: str, by: str, as_: str = "", **body: Any) -> str:
        name = as_ or collection
        await whole.do("visits", by, "PUT", f"/{collection}/{named(name)}", body)
        whole.things.setdefault(f"visits/{collection}", []).append(named(name))
        return f"/{collection}/{named(name)}"

    for name in ("campaign", "running"):
        at = await put("campaigns", "l", name, unit="T01", title="宣传方案", starts="2026-09-01", ends="2026-12-31")
    await whole.do("visits", "h", "POST", f"{at}/approve", {})
    await whole.do("visits", "l", "PUT", f"{at}/files/{whole.digest}", content=whole.photo)
    use = {"channel": "website", "on": DAY, "title": "上线", "link": "https://example.gov.cn/1"}
    await whole.do("visits", "l", "POST", f"{at}/publish", use)
    for name in ("draft", "released"):
        at = await put("materials", "l", name, unit="T01", kind="slogan", title=f"标语{name}")
        await whole.do("visits", "l", "PUT", f"{at}/versions/{whole.digest}", content=whole.photo)
    await whole.do("visits", "h", "POST", f"{at}/approve", {"no": 1})
    await put("policies", "l", unit="T01", title="稳岗返还", text="不裁员的企业可申请", since="2026-01-01")
    await put("distributions", "w", unit="T01", on=DAY, occasion="investment", event="招商会", copies=20)
    talk = {
        "unit": "T01",
        "on": DAY,
        "place": "会议室",
        "title": "会商",
        "participants": [member("w")],
        "minutes": "研究用电",
        "visits": [named("visit")],
    }
    await put("consultations", "l", "consultation", **talk)
    wish = {"content": "希望解决用电问题", "unit": "T01", "member": member("w"), "due": "2026-10-20"}
    await put("consultations", "l", "decided", **talk, decisions=[wish])


def _stages() -> dict[str, list[tickets.Said]]:
    """The stories of ``tickets``, and those for what they have no stage of its own for."""
    early: list[tickets.Said] = [(command, who, "08-03T10:00") for command, who, *_ in tickets.TO_CLOSED]
    city = tickets.LIFT.model_copy(update={"document": "毕贵服请〔2026〕1号"})
    above: list[tickets.Said] = [(tickets.of(c.RequestEscalation), "office"), (city, "chief")]
    more: dict[str, list[tickets.Said]] = {
        "Crossed": [*tickets.TO_ACCEPTED, (tickets.CROSS, "office"), (c.SignIssue(), "w5")],
        "Supervised": [*tickets.TO_SIGNED, (tickets.of(c.SuperviseIssue), "office")],
        "Asking": [*tickets.TO_SIGNED, (tickets.EXTEND, "h")],
        "Long": early,
        "City": [*tickets.TO_LIFTED, *above],
        "Unhappy": [*tickets.TO_REVIEWED, (tickets.BAD, "caller")],
        "Rated": tickets.TO_RATED,
    }
    return {name: story for name, story in {**tickets.STAGES, **more}.items() if story}


async def _issues(whole: Whole) -> None:
    """A ticket at every stage, a call, an order, a green case, a day of duty."""
    issues, mine = whole.services["issues"], whole.enterprises[0]
    visited = tickets.ENTERPRISE.model_copy(update={"id": UUID(mine), "code": CODES[0], "name": "某1公司"})
    report = tickets.REPORT.model_copy(update={"enterprise": UUID(mine)})
    assert tickets.KNOWN.report is not None
    told = replace(tickets.KNOWN.report, enterprise=visited)
    for stage, story in _stages().items():
        for number, (command, who, *when) in enumerate(story):
            key = UUID(named(f"issue-{stage}"))
            document = tickets.SLIP if isinstance(command, c.SuperviseIssue) else f"贵服请〔2026〕{number}号"
            known = {"no": None, "report": told, "document_no": document}
            context = replace(tickets.context(who, *when, **known, calendar=await issues.calendar()), subject=key)
            one = report if command is tickets.REPORT else command
            await issues.desk.handle(ISSUE, key, one, context, command_id=UUID(named(f"{stage}{number}")), prepare=numbered)
    whole.things["issues/issues"] = [named(f"issue-{stage}") for stage in _stages()]
    await whole.do("issues", "hotline", "PUT", f"/calls/{named('missed')}/missed", {"phone": "19900000001"})
    await whole.do("issues", "hotline", "PUT", f"/calls/{named('taken')}/taken", {"enterprise": mine, "content": "用电"})
    whole.things["issues/calls"] = [named("missed"), named("taken")]
    await whole.do("issues", "office", "PUT", f"/duty/{MONTH}", {"days": [{"on": DAY, "members": [member("hotline")]}]})
    green = {"enterprise": mine, "matter": "用电报装", "window": "综合窗口", "promised": 3, "accepted_on": DAY}
    await whole.do("issues", "l", "PUT", f"/green-cases/{named('green')}", green)
    whole.things["issues/green-cases"] = [named("green")]
    held = await whole.do(
        "issues", "office", "POST", "/orders", {"no": "77", "content": "希望解决用电问题", "enterprise": "某某公司"}
    )
    whole.things["issues/orders"] = [held["order"]]
    row = {"line": 1, "at": "2026-01-14T10:00:00+08:00", "status": "登记", "stage": "reported", "final": True, "level": "grid"}
    old = {"no": "旧1", "rows": [row]}
    await whole.do("issues", "office", "POST", "/histories", {"source": "旧系统", "tickets": [old]})
    whole.things["issues/histories"] = [(await whole.do("issues", "office", "GET", "/histories"))["items"][0]["id"]]
    drawn = await whole.do(
        "issues", "office", "PUT", f"/rechecks/{named('recheck')}", {"kind": "withdrawn", "month": MONTH, "size": 1}
    )
    whole.drawn = drawn["items"][0]["no"]
    whole.things["issues/rechecks"] = [named("recheck")]
    insert = "insert into parked (follower, pos, rec_us, stream, ver, type, body, error) values ('parking', 7, 1, 'visit/x', 1, 'x', '', 'x')"
    await issues.pool.execute(insert)


async def _reporting(whole: Whole) -> None:
    """A ledger that was submitted, and a rebuild that is under way."""
    filed = await whole.do("reporting", "l", "POST", f"/ledgers/{HERE}/{BEFORE}/submit", {})
    whole.filed = filed["digest"]
    reporting = whole.services["reporting"]
    assert isinstance(reporting, Reporting)
    reporting.rebuild = Rebuild(UUID(named("rebuild")))
    whole.things["reporting/rebuilds"] = [named("rebuild")]
