"""What facts of the roster add to the histories: enterprises, units, members, the calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.reporting.domain.histories import (
    BEGINNING,
    Assignment,
    Change,
    ContactLoss,
    EnterpriseHistory,
    Histories,
    MemberHistory,
    Post,
    UnitHistory,
    insert,
)
from shared.events import roster


def _enterprise(histories: Histories, key: str) -> EnterpriseHistory:
    found = histories.enterprises.get(key)
    if found is None:
        found = histories.enterprises[key] = EnterpriseHistory(key)
    return found


_SEALED = ("contact", "phone", "legal_person")


def _registered(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    item = _enterprise(histories, key)
    on = data["on"]
    item.code, item.name, item.kind = data["code"], data["name"], data["kind"]
    item.branch = data.get("branch", False)
    item.registered_on = on
    item.names.append(Change(BEGINNING, pos, item.name))
    item.industries.append(Change(BEGINNING, pos, data.get("industry", "")))
    # The extract may be younger than the standing it tells of: 注销 on the 12th, imported on the 20th.
    since = min(data.get("standing_on") or on, on)
    insert(item.standings, Change(since, pos, data["standing"]))
    item.dated = bool(data.get("standing_on"))
    if data.get("managed_elsewhere"):
        insert(item.custody, Change(BEGINNING, pos, True))
    for name in _SEALED:
        if name in data:
            item.personal[name] = data[name]


def _amended(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    item = _enterprise(histories, key)
    item.described_on = data["on"]
    if (name := data.get("name")) is not None:
        insert(item.names, Change(data["on"], pos, name))
        item.name = item.names[-1].value
    if (industry := data.get("industry")) is not None:
        insert(item.industries, Change(data["on"], pos, industry))
    item.kind = data.get("kind", item.kind)
    item.branch = data.get("branch", item.branch)
    for sealed in _SEALED:
        if sealed in data:
            item.personal[sealed] = data[sealed]


def _sized(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    """It has no day of its own: it follows, in one append, the particulars it was derived from."""
    item = _enterprise(histories, key)
    insert(item.sizes, Change(item.described_on, pos, data.get("size", "")))


def _standing(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    insert(_enterprise(histories, key).standings, Change(data["on"], pos, data["standing"]))


def _custody(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    insert(_enterprise(histories, key).custody, Change(data["on"], pos, data["managed_elsewhere"]))


def _assigned(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    item = _enterprise(histories, key)
    timeline = item.horizontal if data["line"] == "horizontal" else item.vertical
    new = Assignment(data["on"], pos, data["unit"], data.get("sub_unit"), data.get("worker"))
    for index, old in enumerate(timeline):
        if old.on == new.on:
            timeline[index] = new  # The later word on the same day holds.
            return
    insert(timeline, new)


def _lost(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    tries = tuple((item["on"], item["mode"]) for item in data["tries"])
    _enterprise(histories, key).lost.append(ContactLoss(data["on"], data["line"], tries))


def _established(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    code = data["code"]
    unit = histories.units.get(code) or UnitHistory(code)
    unit.name, unit.kind = data["name"], data["kind"]
    unit.since, unit.ended_on = data["on"], None
    insert(unit.names, Change(BEGINNING if not unit.names else data["on"], pos, data["name"]))
    histories.units[code] = unit
    if key != code:
        histories.units[key] = unit


def _renamed(histories: Histories, key: str, data: dict[str, Any], pos: int, _rec_us: int) -> None:
    unit = histories.units.setdefault(key, UnitHistory(key))
    insert(unit.names, Change(data["on"], pos, data["name"]))
    unit.name = unit.names[-1].value


def _ended(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    unit = histories.units.setdefault(key, UnitHistory(key))
    unit.ended_on, unit.successors = data["on"], tuple(data.get("successors", ()))


def _goes_on(histories: Histories, key: str, _data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    unit = histories.units.setdefault(key, UnitHistory(key))
    unit.ended_on, unit.successors = None, ()


def _appointed(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    member = histories.members.get(key)
    if member is None:
        member = histories.members[key] = MemberHistory(key)
    member.account, member.name = data["account"], data["name"]
    member.phone = data.get("phone", member.phone)
    acting, until = data.get("acting_for"), data.get("until")
    post = Post(data["unit"], data.get("sub_unit"), data["role"], data["on"], until, data.get("post", ""), acting)
    member.said.append(post)
    _give_way(member, data, [p for p in member.posts if p.acting_for == acting and (until is None or p.since < until)])
    member.posts.append(replace(post))


def _released(histories: Histories, key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    member = histories.members.get(key)
    if member is None:
        member = histories.members[key] = MemberHistory(key)
    member.said.append(Post(data["unit"], None, data["role"], data["on"], None, "", freed=True))
    _give_way(member, data, member.posts)


def _give_way(member: MemberHistory, data: dict[str, Any], posts: list[Post]) -> None:
    """Rules 1 to 5: of these posts, the role in the unit ends on the day; one that would have begun later never was."""
    for post in list(posts):
        if (post.unit, post.role) == (data["unit"], data["role"]) and (post.until is None or post.until > data["on"]):
            if post.since < data["on"]:
                post.until = data["on"]
            else:
                member.posts.remove(post)


def _published(histories: Histories, _key: str, data: dict[str, Any], _pos: int, _rec_us: int) -> None:
    histories.years[data["year"]] = data


HANDLERS: dict[str, Callable[[Histories, str, dict[str, Any], int, int], None]] = {
    roster.EnterpriseRegistered.TYPE: _registered,
    roster.EnterpriseAmended.TYPE: _amended,
    roster.EnterpriseSized.TYPE: _sized,
    roster.StandingChanged.TYPE: _standing,
    roster.CustodyChanged.TYPE: _custody,
    roster.EnterpriseAssigned.TYPE: _assigned,
    roster.ContactLossVerified.TYPE: _lost,
    roster.UnitEstablished.TYPE: _established,
    roster.UnitRenamed.TYPE: _renamed,
    roster.UnitEnded.TYPE: _ended,
    roster.UnitEndWithdrawn.TYPE: _goes_on,
    roster.MemberAppointed.TYPE: _appointed,
    roster.MemberReleased.TYPE: _released,
    roster.YearPublished.TYPE: _published,
}
