"""What is dated acts on its day through HTTP, and in the copies other services keep, in whatever order it is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from support.dated import DAYS, answers, beginning, history
from support.net import assign, enterprise, member, ok, served, the_net
from support.stories import Story, ident
from support.world import District

from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.domain.enterprise.states import Registered
from services.roster.domain.member import MEMBER
from services.roster.domain.unit import UNIT, Standing
from shared.language.facts import Fact
from shared.language.months import local_date
from shared.language.terms import Line, Role
from shared.log import directory
from shared.log.directory import Directory

PAST = date(2026, 3, 1)


def _of(kind: str, path: str, field: str, show: str, read: Callable[[Any], Any], *values: Any, **more: Any) -> Any:
    """How it is said (a value of a day), how it is shown, and its values: at first, from a past day, from a day to come, put right."""
    return pytest.param(path, field, show, read, values, more, id=kind)


def _responsible(line: str) -> Callable[[Any], Any]:
    return lambda shown: shown[line] and shown[line]["unit"]


def _post(shown: Any) -> Any:
    return next((item["sub_unit"] for item in shown["items"] if item["account"] == "zhao"), None)


ITEM = "/enterprises/{id}"
DATED = [
    _of("unit name", "/units/T01/rename", "name", "/units/T01", lambda unit: unit["name"], "东镇", "甲镇", "乙镇", "丙镇"),
    _of("parent", "/units/T01-1/move", "parent", "/units/T01-1", lambda unit: unit["parent"], "T01", "T02", "T01", "T02"),
    _of(
        "standing",
        ITEM + "/change-standing",
        "standing",
        ITEM,
        lambda item: item["standing"],
        "surviving",
        "revoked",
        "surviving",
        "deregistered",
    ),
    _of(
        "scope",
        ITEM + "/change-standing",
        "standing",
        ITEM,
        lambda item: "surviving" if item["as_of"]["in_scope"] else "deregistered",
        "surviving",
        "deregistered",
        "surviving",
        "deregistered",
    ),
    _of(
        "custody",
        ITEM + "/change-custody",
        "managed_elsewhere",
        ITEM,
        lambda item: item["managed_elsewhere"],
        False,
        True,
        False,
        True,
    ),
    _of(
        "assignment",
        ITEM + "/assign",
        "unit",
        ITEM + "/responsibility",
        _responsible("horizontal"),
        "T01",
        "T02",
        "T01",
        "T02",
        line="horizontal",
    ),
    _of(
        "main contact",
        ITEM + "/choose-main-contact",
        "line",
        ITEM + "/responsibility",
        lambda item: item["main_contact"]["line"],
        "vertical",
        "horizontal",
        "vertical",
        "horizontal",
    ),
    _of(
        "post",
        "/members/zhao/appoint",
        "sub_unit",
        "/members?unit=T01",
        _post,
        None,
        "T01-1",
        "T01-2",
        "T01-1",
        name="赵某",
        unit="T01",
        role="informant",
    ),
    _of(
        "industries",
        "/mapping/industries",
        "entries",
        "/mapping/industries",
        lambda it: it["entries"],
        {},
        {"51": "D01"},
        {"51": "D02"},
        {"52": "D02"},
    ),
    _of(
        "places",
        "/mapping/places",
        "entries",
        "/mapping/places",
        lambda it: it["entries"],
        {},
        {"老城路": "T01"},
        {"老城路": "T02"},
        {"新城路": "T02"},
    ),
    _of(
        "phones",
        "/mapping/phones",
        "entries",
        "/mapping/phones",
        lambda it: it["entries"],
        {},
        {"T01": "0857-1000001"},
        {"T01": "0857-1000002"},
        {"T01": "0857-1000003"},
    ),
    _of("limit", "/mapping/limits", "limit", "/mapping/limits", lambda it: int(it["entries"]["limit"]), 60, 40, 50, 45),
]


async def _say(client: httpx.AsyncClient, path: str, **content: Any) -> Any:
    method = "PUT" if path.startswith("/mapping") else "POST"
    return await ok(await client.request(method, path, json=content))


@pytest.mark.parametrize(("path", "field", "show", "read", "values", "more"), DATED)
async def test_it_acts_on_its_day_in_whatever_order_it_is_said(
    district: District,
    path: str,
    field: str,
    show: str,
    read: Callable[[Any], Any],
    values: tuple[Any, ...],
    more: dict[str, Any],
) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await served(client, 1)
        path, show = path.format(id=id_), show.format(id=id_)
        today = local_date(service.clock())
        soon, later = today + timedelta(days=1), today + timedelta(days=90)

        async def shown(on: date | None) -> Any:
            return read(await ok(await client.get(show, params={"on": str(on)} if on else {})))

        first, past, to_come, put_right = values
        await _say(client, path, **more, **{field: to_come, "on": str(later)})
        assert [await shown(on) for on in (None, PAST, soon, later)] == [first, first, first, to_come]
        await _say(client, path, **more, **{field: past, "on": str(PAST)})
        days = (PAST - timedelta(days=1), PAST, None, later - timedelta(days=1), later)
        assert [await shown(on) for on in days] == [first, past, past, past, to_come]
        await _say(client, path, **more, **{field: put_right, "on": str(later)})
        assert [await shown(on) for on in days] == [first, past, past, past, put_right]


async def test_a_release_keeps_what_begins_later_and_a_post_to_come_gives_no_right_before(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        himself = {"Authorization": f"Bearer {district.own_token('zhao')}"}
        today = local_date(service.clock())
        later = today + timedelta(days=30)
        post = {"name": "赵某", "unit": "T01", "role": "worker"}

        async def there(on: date) -> bool:
            found = await ok(await client.get("/members", params={"unit": "T01", "role": "worker", "on": str(on)}))
            return any(item["account"] == "zhao" for item in found["items"])

        await _say(client, "/members/zhao/appoint", **post, on=str(later))
        assert (await client.get("/me", headers=himself)).status_code == 403
        assert [await there(day) for day in (today, later)] == [False, True]
        await _say(client, "/members/zhao/appoint", **post, on=str(PAST))
        assert [role["value"] for role in (await ok(await client.get("/me", headers=himself)))["roles"]] == ["worker"]
        await _say(client, "/members/zhao/release", unit="T01", role="worker", on="2026-05-01")
        assert (await client.get("/me", headers=himself)).status_code == 403
        days = (PAST, date(2026, 4, 30), date(2026, 5, 1), today, later)
        assert [await there(day) for day in days] == [True, True, False, False, True]
        await _say(client, "/members/zhao/release", unit="T01", role="worker", on=str(later))
        assert [await there(day) for day in days] == [True, True, False, False, False]


async def test_a_plaque_and_an_end_of_a_unit_act_on_their_days(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await served(client, 1)
        today = local_date(service.clock())
        later, last = today + timedelta(days=30), today + timedelta(days=60)
        project = str(ident("project"))
        await ok(await client.put(f"/projects/{project}", json={"name": "某项目", "enterprise": id_, "on": str(PAST)}))
        plaque = {"number": "1", "leader": member("T01-head"), "contact": member("T01-w1"), "on": str(later)}
        hung = await _say(client, f"/projects/{project}/hang", **plaque)
        assert hung["plaque"] is None and hung["allowed_actions"] == ["take-down"]

        async def plaqued(on: date) -> list[bool]:
            return [item["plaqued"] for item in (await ok(await client.get("/projects", params={"on": str(on)})))["items"]]

        await _say(client, f"/projects/{project}/take-down", reason="竣工", on=str(last))
        assert [await plaqued(day) for day in (today, later, last)] == [[False], [True], [False]]
        await _say(client, f"/projects/{project}/take-down", reason="竣工", on=str(last + timedelta(days=1)))
        assert await plaqued(last) == [True], "the end is put right by saying it again"
        other = str(ident("other project"))
        await ok(await client.put(f"/projects/{other}", json={"name": "另一项目", "enterprise": id_, "on": str(PAST)}))
        assert (await client.post(f"/projects/{other}/hang", json=plaque)).json()["type"].endswith("number-taken")
        await _say(client, "/units/T01-1/end", on=str(later))
        for day, codes in ((today, {"T01-1", "T01-2"}), (later, {"T01-2"})):
            found = await ok(await client.get("/units", params={"kind": "village", "on": str(day)}))
            assert {item["code"] for item in found["items"]} == codes


async def test_an_assignment_said_otherwise_is_never_lost(district: District) -> None:
    """Another reason, another document, a later day at the same unit: each is a fact; only the same again is a repeat."""
    await district.open()
    async with district.client() as client:
        await the_net(client)
        id_ = await enterprise(client, 1)
        said = {"line": "horizontal", "unit": "T01", "on": "2026-02-01", "reason": "属地"}
        versions = [
            (await _say(client, f"/enterprises/{id_}/assign", **{**said, **other}))["version"]
            for other in (
                {},
                {},
                {"reason": "企业迁址"},
                {"reason": "企业迁址", "document": "2号"},
                {"on": "2026-03-01"},
                {"on": "2026-03-01"},
            )
        ]
        assert versions == [2, 2, 3, 4, 5, 5]
        held = (await ok(await client.get(f"/enterprises/{id_}")))["assignments"]
        assert [(item["since"], item["reason"]) for item in held] == [("2026-02-01", "企业迁址"), ("2026-03-01", "属地")]


async def test_a_unit_that_will_answer_reads_nothing_yet(district: District) -> None:
    service = await district.open()
    async with district.client() as client, district.client(service, Role.HEAD, unit="T02", account="T02-head") as head:
        await the_net(client)
        id_ = await served(client, 1)
        later = local_date(service.clock()) + timedelta(days=30)
        await assign(client, id_, "horizontal", "T02", later)
        answer = await head.post(f"/enterprises/{id_}/unmask", json={"fields": [], "reason": "联系企业开展走访"})
        assert answer.status_code == 403


@pytest.mark.parametrize("seed", range(6))
async def test_the_copies_of_other_services_say_what_the_roster_says(district: District, seed: int) -> None:
    """The copy is made of the same facts in two orders; on every day it answers as the roster's own deciders."""
    service = await district.open("visits")
    chance = Random(seed)
    told = {kind: history(kind, chance) for kind in ("enterprise", "unit", "member", "mapping")}
    first = {kind: beginning(kind) for kind in told}
    for _ in range(2):
        story = Story()
        for kind, facts in told.items():
            for fact in (*first[kind], *chance.sample(facts, len(facts))):
                story.tell(_stream(kind, first[kind]), fact)
        async with service.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await directory.follower().apply(connection, story.entries)
                for day in DAYS:
                    await _compare(Directory(connection), told, first, day)  # type: ignore[arg-type]  A connection answers as the pool does.
            finally:
                await transaction.rollback()


def _stream(kind: str, first: list[Fact]) -> str:
    return f"unit/{first[0].code}" if kind == "unit" else f"{kind}/{ident(kind)}"  # type: ignore[attr-defined]


async def _compare(known: Directory, told: dict[str, list[Fact]], first: dict[str, list[Fact]], day: date) -> None:
    unit = UNIT.fold([*first["unit"], *told["unit"]])
    item = ENTERPRISE.fold([*first["enterprise"], *told["enterprise"]])
    assert isinstance(unit, Standing) and isinstance(item, Registered)
    copy, posts = await known.unit(unit.code, day), MEMBER.fold(told["member"]).posts
    rows = answers("unit", [*first["unit"], *told["unit"]], day)
    assert {copy.name} == {row[-1] for row in rows["unit_name"]}
    assert {copy.parent} == ({row[-1] for row in rows["unit_parent"]} or {None})
    there = await known.enterprise(ident("enterprise"), day)
    assert there.standing is item.standing(day)
    held = {line: found.unit for line in Line if (found := item.holder(line, day))}
    assert {line: assigned.unit for line, assigned in there.assigned.items()} == held
    chosen = {row[-1] for row in answers("enterprise", [*first["enterprise"], *told["enterprise"]], day)["main_contact"]}
    assert ({str(there.main_line)} if there.main_line else set()) == chosen
    mine = {
        (post.unit, post.role, post.sub_unit) for post in posts if post.since <= day and (post.until is None or post.until > day)
    }
    members = await known.members([ident("member")], day)
    assert {(p.unit, p.role, p.sub_unit) for m in members.values() for p in m.posts} == mine
