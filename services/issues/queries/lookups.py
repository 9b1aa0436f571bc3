"""What a decision about a ticket must know beside the stream, and how a ticket is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.issues.domain.issue import allowed_actions
from services.issues.domain.states import (
    Archived,
    Closed,
    Declined,
    Escalating,
    Merged,
    Resolved,
    Reviewed,
    State,
    Ticket,
    Tracked,
    Unreported,
    Withdrawn,
    clocked,
    colour,
    order_of,
    units_of,
    work_of,
)
from shared.decider import Context
from shared.directory import Directory
from shared.eventlog import Entry
from shared.service import Service
from shared.terms import Role, Term, UnitKind
from shared.vault import Personal

TITLES = {
    "issue-reported": "登记", "issue-accepted": "受理", "issue-declined": "不予受理", "decline-contested": "异议",
    "issue-merged": "合并", "sibling-answered": "答复合并件", "issue-dispatched": "交办", "issue-signed": "签收",
    "issue-returned": "退回", "issue-reassigned": "改派", "issue-progressed": "进展", "extension-requested": "延期申请",
    "extension-endorsed": "延期会签", "extension-approved": "批准延期", "extension-rejected": "驳回延期", "issue-tracked": "转跟踪",
    "tracking-renewed": "跟踪续期", "issue-resumed": "恢复办理", "escalation-requested": "提级申请",
    "escalation-approved": "批准提级", "escalation-rejected": "退回提级", "city-replied": "市级答复", "stage-answered": "阶段答复",
    "co-handling-answered": "协办反馈", "issue-resolved": "报结", "resolution-approved": "审核通过",
    "resolution-rejected": "审核退回", "call-back-recorded": "回访", "issue-closed": "办结", "issue-reopened": "重办",
    "issue-archived": "归档", "issue-withdrawn": "撤回", "issue-urged": "催办", "issue-supervised": "督办",
    "supervision-answered": "督办回复", "issue-supplemented": "补充", "alarms-set": "提醒计划", "alarm-raised": "提醒",
    "measure-proposed": "系统建议", "measure-ruled": "裁定建议", "deadline-rederived": "重新推算时限",
}  # fmt: skip
_HANDLING = (UnitKind.DEPARTMENT, UnitKind.TOWNSHIP, UnitKind.OFFICE, UnitKind.INSPECTORATE)


def short(id_: UUID, state: State, context: Context[object]) -> dict[str, Any]:
    """What every answer about a ticket says."""
    assert not isinstance(state, Unreported)  # noqa: S101  a command that was carried out has reported it.
    ordered = clocked(state)
    return {
        "id": str(id_), "no": state.report.no, "stage": str(state.STAGE), "stage_label": state.STAGE.label,
        "due": ordered and ordered.due.model_dump(mode="json"), "first_due": ordered and ordered.first.model_dump(mode="json"),
        "colour": str(colour(state)), "colour_label": colour(state).label, "allowed_actions": allowed_actions(state, context),
    }  # fmt: skip


def whole(state: Ticket) -> dict[str, Any]:
    """Everything the stage holds, without personal data."""
    ordered, worked = order_of(state), work_of(state)
    answered = state if isinstance(state, Resolved | Reviewed | Closed | Archived) else None
    approved = state if isinstance(state, Reviewed | Closed | Archived) else None
    closed = state if isinstance(state, Closed | Archived) else None
    return {
        **plain(state.report), "visit_href": f"/api/visits/visits/{state.report.visit}" if state.report.visit else None,
        **{name: _term(value) for name, value in vars(state.kind).items()},
        "units": [{"unit": unit, "part": part} for unit, part in units_of(state)],
        "order": ordered and plain(ordered.order),
        "handler": worked and str(worked.work.handler), "contacted": bool(worked and worked.work.contacted),
        "reopened": worked.work.reopened if worked else 0,
        "resolution": answered and plain(answered.resolution),
        "approval": approved and plain(approved.approval),
        "calls": [plain(call) for call in approved.calls] if approved else [],
        "closing": closed and plain(closed.closing),
        "tracking": plain(state.tracking) if isinstance(state, Tracked) else None,
        "escalation": plain(state.request) if isinstance(state, Escalating) else None,
        "refusal": plain(state.refusal) if isinstance(state, Declined) else None,
        "merging": plain(state.merging) if isinstance(state, Merged) else None,
        "sibling_answer": plain(state.answer) if isinstance(state, Merged) and state.answer else None,
        "withdrawal": plain(state.withdrawal) if isinstance(state, Withdrawn) else None,
        "extension_asked": plain(worked.work.asking) if worked and worked.work.asking else None,
        "city_replies": [plain(reply) for reply in worked.work.city] if worked else [],
        "slips": [{**plain(slip), "answered": slip.no not in state.notes.unanswered} for slip in state.notes.slips],
        "proposals": [plain(proposal) for proposal in state.notes.proposals],
        "alarms": [plain(ring) for ring in state.notes.rings],
        "filing": plain(state.filing) if isinstance(state, Archived) else None,
    }  # fmt: skip


def title_of(type_: str) -> str:
    """A fact's type in Chinese."""
    verb = type_.split(".")[1]
    return TITLES.get(verb, verb)


def told(entry: Entry) -> dict[str, Any]:
    """One line of the timeline, without personal data."""
    envelope = entry.envelope
    roles = [Role(role).label for role in envelope.get("actorrole", "").split(",") if role]
    return {
        "version": entry.version, "type": entry.type, "title": title_of(entry.type), "at": envelope["time"],
        "recorded_at": entry.recorded, "actor": envelope.get("actorid"), "roles": roles, "unit": envelope.get("actorunit", ""),
        "data": plain(entry.fact),
    }  # fmt: skip


def plain(part: BaseModel) -> dict[str, Any]:
    """A fact as JSON; what is personal in it is left out."""
    sealed = {name for name in type(part).model_fields if isinstance(getattr(part, name), Personal)}
    return part.model_dump(mode="json", exclude=sealed)


def _term(value: Any) -> Any:
    return str(value) if isinstance(value, Term) else value


async def units(service: Service, codes: Sequence[str], on: date) -> frozenset[str]:
    """Which of these are units that a ticket can lie with on the day."""
    rows = await service.pool.fetch(
        "select code from known_unit where code = any($1::text[]) and kind = any($2::text[]) "
        "and started_on <= $3 and (ended_on is null or ended_on > $3)",
        list(codes), [str(kind) for kind in _HANDLING], on,
    )  # fmt: skip
    return frozenset(row["code"] for row in rows)


async def posts(service: Service, members: Iterable[UUID], on: date) -> dict[UUID, dict[str, frozenset[Role]]]:
    """The roles these hold on the day, by unit."""
    found = await Directory(service.pool).members(list(members), on)
    held: dict[UUID, dict[str, set[Role]]] = {}
    for id_, member in found.items():
        for post in member.posts:
            held.setdefault(id_, {}).setdefault(post.unit, set()).add(post.role)
    return {id_: {unit: frozenset(roles) for unit, roles in by_unit.items()} for id_, by_unit in held.items()}
