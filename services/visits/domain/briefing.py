"""What helps somebody record a visit in a minute: last time's values, what has changed, who came already (R18, R19, R21).

Pure questions about tellings; they advise and warn, and refuse nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.visits.domain.visit.commands import Day, Instant, RecordVisit, Seconds
from shared.events.visits import VisitRecorded
from shared.language.facts import Command
from shared.language.known import KnownEnterprise
from shared.language.percent import percentage
from shared.language.personal import Personal
from shared.language.problems import Refused
from shared.language.terms import Ack, Line, Mode, Operation

NOTHING = "企业反映本月无问题、无诉求,生产经营情况较上次无变化"
DROP_PERCENT = 30


class TellNothing(Command):
    """无问题: a visit on which nothing was to be told. Only what proves the visit; all else is as it was last time.

    Taken over: 生产经营情况, 用工人数, 受访人, 职务, 电话. Not taken over: 营业收入变化 (不便透露, it is about this month), 困难,
    建议, 诉求, 政策, 知晓, 满意度: what was not asked is not told.
    """

    enterprise: UUID
    on: Day
    mode: Mode
    note: Annotated[str, Field(max_length=500)] = NOTHING
    connected_seconds: Seconds | None = None
    claimed_at: Instant | None = None
    visitors: tuple[UUID, ...] = Field((), max_length=20)
    ack: Ack = Ack.NONE


class NothingToTakeOver(Refused):
    """Without an earlier visit there is nothing that could have stayed the same."""

    title = "该企业没有以往走访记录可沿用,请完整填写"


class AskedInWords(Refused):
    """A questionnaire is answered by the enterprise, not by one step of its visitor (``ledgers.md`` §5)."""

    title = "问卷调查不能一键登记"


@dataclass(frozen=True)
class Before:
    """An earlier visit as far as it is looked at."""

    told: VisitRecorded
    interviewee: str = ""
    phone: str = ""


def as_last_time(command: TellNothing, last: Before | None) -> RecordVisit:
    """The whole telling that one step stands for."""
    if command.mode is Mode.QUESTIONNAIRE:
        raise AskedInWords
    if last is None:
        raise NothingToTakeOver(enterprise=str(command.enterprise))
    return RecordVisit(
        **command.model_dump(),
        title=last.told.title,
        operation=last.told.operation,
        headcount=last.told.headcount,
        interviewee=Personal(last.interviewee) if last.interviewee else None,
        phone=Personal(last.phone) if last.phone else None,
    )


def changes(before: VisitRecorded | None, now: VisitRecorded) -> tuple[str, ...]:
    """What somebody should hear about, against the last visit of either line (R21)."""
    found: list[str] = []
    was = before.operation if before else None
    if now.operation is not was:
        if now.operation in (Operation.REDUCED, Operation.CLOSED):
            found.append(now.operation.label)
        elif now.operation is Operation.EXPANDING:
            found.append("扩产")
        elif was in (Operation.REDUCED, Operation.CLOSED) and now.operation is Operation.NORMAL:
            found.append("恢复正常")
    if before and before.headcount and now.headcount is not None:
        drop = before.headcount - now.headcount
        if drop * 100 >= before.headcount * DROP_PERCENT:
            found.append(f"用工减少{percentage(drop, before.headcount)}%({before.headcount}→{now.headcount})")
    return tuple(found)


@dataclass(frozen=True)
class Contact:
    """A visit of the month, as far as the enterprise felt it."""

    lines: frozenset[Line]
    on: date
    mode: Mode = Mode.PHONE


CLOSE_DAYS = 3
"""Two visits on site within so many days disturb, the day of the first not counted (民法典 第二百零一条; kpi §8)."""


def disturbed(contacts: Sequence[Contact], most: int, month: str) -> tuple[str, ...]:
    """Why the enterprise was disturbed in this month (``2026-09``): more contacts than ``most``, or two on site too close.

    ``contacts`` of all units; those on site of the last days of the month before count for closeness.
    """
    found: list[str] = []
    within = [contact for contact in contacts if f"{contact.on:%Y-%m}" == month]
    if len(within) > most:
        found.append(f"本月联系{len(within)}次,超过每月{most}次")
    days = sorted(contact.on for contact in contacts if contact.mode is Mode.ON_SITE)
    for first, second in itertools.pairwise(days):
        if (second - first).days <= CLOSE_DAYS and f"{second:%Y-%m}" == month:
            found.append(f"{first:%m-%d}、{second:%m-%d}两次实地走访相隔不超过{CLOSE_DAYS}日")
    return tuple(found)


def disturbance(contacts: Sequence[Contact], most: int) -> tuple[int, tuple[str, ...]]:
    """The index and what it advises. Every visit of either line disturbs once, connected or not; a joint one once as well."""
    advice: list[str] = []
    if len(contacts) >= most:
        advice.append(f"本月已联系{len(contacts)}次,达到每月{most}次上限,非必要不再打扰")
    served = frozenset(line for contact in contacts for line in contact.lines)
    if not contacts:
        advice.append("本月尚无走访,建议两条线联合走访,一次服务两条线")
    elif len(served) < len(Line):
        open_line = next(line for line in Line if line not in served)
        advice.append(f"{open_line.label}本月尚未走访,如再走访请与其合并")
    else:
        advice.append("本月两条线均已走访")
    return len(contacts), tuple(advice)


def preferences(enterprise: KnownEnterprise, on: date) -> tuple[str, ...]:
    """How the enterprise wants to be reached, as warnings."""
    found: list[str] = []
    if enterprise.quiet_until is not None and on <= enterprise.quiet_until:
        found.append(f"企业要求免打扰至{enterprise.quiet_until.isoformat()}")
    if enterprise.hours:
        found.append(f"偏好时段:{enterprise.hours}")
    if enterprise.modes:
        found.append(f"偏好方式:{'、'.join(mode.label for mode in enterprise.modes)}")
    return tuple(found)
