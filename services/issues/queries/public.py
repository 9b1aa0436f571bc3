"""What an enterprise sees of its own tickets through its link: stages, days, the unit, the answer in words. No names.

Reports of 变味 are never listed: whoever issued the link may know it too. Only who holds the key that was answered to the
report finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.issues.domain.ticket.deadlines import ARCHIVED_WORKDAYS
from services.issues.domain.ticket.decide import ISSUE
from services.issues.domain.ticket.states import Archived, Closed, Declined, Merged, Reviewed, Ticket, Unreported, clocked
from services.issues.projections.links import opened
from services.issues.queries import names
from services.issues.queries.reading import IssueNo, UnitCode
from shared.events.issues import (
    DeclineContested,
    IssueDeclined,
    IssueReopened,
    IssueResolved,
    IssueSupplemented,
    ResolutionApproved,
    SiblingAnswered,
    StageAnswered,
)
from shared.http.answer import Answer, Page, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.facts import Fact
from shared.language.months import local_date
from shared.language.problems import Unknown
from shared.language.terms import IssueStage, Source
from shared.log.eventlog import Entry, load

_TOLD = {
    "issue-reported": "已登记",
    "issue-accepted": "已受理",
    "issue-declined": "不予受理",
    "issue-dispatched": "已交办",
    "issue-signed": "已签收",
    "issue-progressed": "办理有进展",
    "issue-resolved": "已答复,待审核",
    "issue-closed": "已办结",
    "resolution-approved": "已审核,待回访",
    "issue-reopened": "重新办理",
    "issue-archived": "已归档",
    "stage-answered": "阶段答复",
    "sibling-answered": "已答复",
    "decline-contested": "企业提出异议",
    "issue-supplemented": "补充情况",
    "issue-merged": "与相同诉求合并办理",
    "issue-tracked": "转跟踪服务",
    "issue-withdrawn": "已撤回",
    "extension-approved": "办理时限延长",
}
"""The steps an enterprise is told of; what goes on inside the administration is not among them."""


class OwnTicketRow(Answer):
    """One of an enterprise's tickets."""

    key: UUID = Field(description="诉求编号")
    no: IssueNo
    stage: IssueStage = Field(description="所在环节")
    stage_label: str = label_of("stage")
    unit: UnitCode
    unit_name: str = Field(description="单位名称")
    due: date | None = Field(description="办理时限;尚未交办的为空")
    opened_on: date = Field(description="登记日期")
    content: str | None = Field(description="诉求内容;经项目铭牌查询的为空")


class OwnStep(Answer):
    """A step of which the enterprise is told."""

    title: str = Field(description="步骤")
    at: datetime = Field(description="时间")
    words: str | None = Field(description="向企业答复或企业所说的话;没有的、经项目铭牌查询的为空")


class OwnTicket(OwnTicketRow):
    """A ticket with its steps and the answer."""

    reply: str | None = Field(description="审核后的答复;尚无的、经项目铭牌查询的为空")
    timeline: list[OwnStep] = Field(description="办理过程,按先后")
    reopen_until: date | None = Field(description="可要求重办的最后一日;不能要求重办的为空")


class OwnWord(Answer):
    """A word of the enterprise was taken in."""

    received: bool = Field(description="已收到")
    replayed: bool = Field(description="是否为重复提交")
    key: UUID = Field(description="诉求编号")


async def tickets(service: Service, token: str, device: str, cursor: str | None, limit: int) -> Page[OwnTicketRow]:
    """Newest last. Through a plaque, which anybody may scan: stages and days, not what was asked."""
    enterprise, private = await opened(service.pool, token, local_date(service.clock()), device)
    page = await listing(
        service.pool,
        table="issue",
        columns="id as key, no, stage, coalesce(handling_unit, unit) as unit, due, opened_on, content",
        where=["enterprise = $1", "source <> $2"],
        args=[enterprise, str(Source.ALLEGATION)],
        order=["opened_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    units = await names.units(service, {row["unit"] for row in page["items"]})
    for row in page["items"]:
        row.update(unit_name=units.get(row["unit"]) or row["unit"], content=row["content"] if private else None)
    return Page[OwnTicketRow].of(page, (OwnTicketRow(**row) for row in page["items"]))


async def own(service: Service, token: str, device: str, key: UUID) -> tuple[Ticket, list[Entry], bool]:
    """One of the enterprise's own, and whether the link is private to it; another enterprise's is as unknown as none."""
    enterprise, private = await opened(service.pool, token, local_date(service.clock()), device)
    entries = await load(service.pool, ISSUE.stream(key))
    state = ISSUE.fold(entry.fact for entry in entries)
    if isinstance(state, Unreported) or state.report.enterprise.id != enterprise:
        raise Unknown(what="ticket")
    return state, entries, private


async def ticket(service: Service, token: str, device: str, key: UUID) -> OwnTicket:
    """One with its steps and the answer."""
    state, entries, private = await own(service, token, device, key)
    ordered = clocked(state)
    unit = ordered.order.unit if ordered else state.report.unit
    return OwnTicket(
        key=key,
        no=state.report.no,
        stage=state.STAGE,
        unit=unit,
        unit_name=(await names.units(service, {unit})).get(unit) or unit,
        due=ordered.due.on if ordered else None,
        opened_on=state.report.on,
        content=state.report.content if private else None,
        reply=_reply(state) if private else None,
        timeline=_steps(entries, private=private),
        reopen_until=await _reopen_until(service, state),
    )


def _reply(state: Ticket) -> str | None:
    """The answer in words, once a reviewer has let it out."""
    match state:
        case Declined():
            return state.refusal.text
        case Merged():
            return state.answer and state.answer.reply
        case Reviewed() | Closed() | Archived():
            return state.resolution.reply
        case _:
            return None


def _steps(entries: Sequence[Entry], *, private: bool) -> list[OwnStep]:
    """The steps with their days, and what the enterprise was told or said itself at each; the answer once it was reviewed."""
    found: list[OwnStep] = []
    reply = ""
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, IssueResolved):
            reply = fact.reply
        title = _TOLD.get(entry.type.split(".")[1])
        if title is None:
            continue
        words = reply if isinstance(fact, ResolutionApproved) else _words(fact)
        found.append(OwnStep(title=title, at=entry.envelope["time"], words=(words or None) if private else None))
    return found


def _words(fact: Fact) -> str:
    match fact:
        case IssueDeclined(text=words) | DeclineContested(words=words) | IssueSupplemented(words=words):
            return words
        case StageAnswered(reply=words) | SiblingAnswered(reply=words):
            return words
        case IssueReopened(reason=words, by_enterprise=True):
            return words
        case _:
            return ""


async def _reopen_until(service: Service, state: Ticket) -> date | None:
    """The last day on which the enterprise may have it handled again, while that is to come."""
    if not isinstance(state, Closed):
        return None
    last = (await service.calendar()).add_workdays(state.closing.on, ARCHIVED_WORKDAYS)
    return last if local_date(service.clock()) <= last else None
