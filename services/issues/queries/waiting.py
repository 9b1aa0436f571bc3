"""What waits for whom: the queues, each with its kinds of tasks and with what part of them is whose.

A part is a set of marks, all of which a task must have. Marks are asked of the tables, for a page and for counting alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.language.decider import Actor
from shared.language.reach import OFFICE
from shared.language.terms import Colour, Role, TaskKind


class Mark(StrEnum):
    """What may be said of a task beside its kind: a column, as it is counted by."""

    MINE = "mine"
    OURS = "ours"
    GRID = "grid"
    ABOVE = "above"
    ALLEGED = "alleged"
    OUTSIDE = "outside"
    SOON = "soon"
    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"


MARKS: Mapping[Mark, str] = {
    Mark.MINE: "t.member = $1",
    Mark.OURS: "t.unit = $2",
    Mark.GRID: "issue.level = 'grid'",
    Mark.ABOVE: "issue.level <> 'grid'",
    Mark.ALLEGED: "issue.source = 'allegation'",
    Mark.OUTSIDE: "case t.kind when 'call-back' then not exists ("
    "select 1 from issue_unit o where o.issue = issue.id and o.unit = $2 and o.part <> 'reported') end",
    Mark.SOON: "t.due between $3::date and $4::date",
    Mark.BLUE: "issue.colour = 'blue'",
    Mark.YELLOW: "issue.colour = 'yellow'",
    Mark.RED: "issue.colour = 'red'",
}
"""In SQL. $1 is oneself, $2 one's unit, $3 today, $4 the day until which is soon. Only those who call back ask whether a ticket
is outside their own unit's work.
"""

Part = frozenset[Mark]
Parts = tuple[tuple[tuple[Role, ...], Part], ...]

_LEADING = (Role.HEAD, Role.DEPUTY)
_LIAISON = (Role.LIAISON, Role.BACKUP_LIAISON)
_ANYBODY = tuple(Role)
_EVERYWHERE, _MINE, _OURS = Part(), Part({Mark.MINE}), Part({Mark.OURS})
_INSPECTORS = ((Role.INSPECTOR,), Part({Mark.OURS, Mark.ALLEGED}))
"""The inspectorate's own tickets, which nobody else handles."""
_HANDS = (Role.WORKER, *_LIAISON)
_K = TaskKind


@dataclass(frozen=True)
class Queue:
    """Kinds of tasks, and for whom: roles, each with what part of the tasks is theirs."""

    label: str
    kind: TaskKind
    parts: Parts

    def of(self, caller: Actor) -> list[Part]:
        """The caller's parts of it; none if it is not his."""
        return [part for roles, part in self.parts if caller.holds(*roles)]


def condition(queue: Queue, parts: list[Part]) -> str:
    """The tasks of these parts of a queue, in SQL."""
    found = [" and ".join(MARKS[mark] for mark in sorted(part)) or "true" for part in parts]
    return f"(t.kind = '{queue.kind}' and ({' or '.join(f'({part})' for part in found)}))"


def holds(queue: Queue, parts: list[Part], row: Mapping[str, Any]) -> bool:
    """The same, of a row that has a column for the kind and one for each mark."""
    return row["kind"] == queue.kind and any(all(row[mark] for mark in part) for part in parts)


def _own(label: str, kind: TaskKind) -> Queue:
    return Queue(label, kind, ((_ANYBODY, _MINE),))


QUEUES: Mapping[str, Queue] = {
    "my-contacts": _own("待我首次联系", _K.CONTACT),
    "my-progress": _own("待我填报进展", _K.PROGRESS),
    "my-resolutions": _own("待我报结", _K.RESOLVE),
    "my-stage-answers": _own("待我阶段答复企业", _K.STAGE_ANSWER),
    "my-tracking": _own("我的跟踪事项", _K.MILESTONE),
    "slips": Queue("待回复督办单", _K.SLIP, ((_LEADING, _OURS), _INSPECTORS)),
    "accept": Queue("待受理", _K.ACCEPT, ((OFFICE, _EVERYWHERE), ((*_LIAISON, *_LEADING), _OURS), _INSPECTORS)),
    "dispatch": Queue("待交办", _K.DISPATCH, ((OFFICE, _EVERYWHERE), (_LEADING, _OURS), _INSPECTORS)),
    "redispatch": Queue("退回待重新交办", _K.REDISPATCH, ((OFFICE, _EVERYWHERE),)),
    "sign": Queue("待签收", _K.SIGN, ((_HANDS, _OURS), _INSPECTORS)),
    "review": Queue("待审核", _K.REVIEW, ((_LEADING, Part({Mark.OURS, Mark.GRID})), (OFFICE, Part({Mark.ABOVE})), _INSPECTORS)),
    "co-handle": Queue("待协办反馈", _K.CO_HANDLE, (((*_HANDS, *_LEADING), _OURS),)),
    "tracking": Queue("跟踪节点", _K.MILESTONE, ((_LEADING, _OURS), (OFFICE, _EVERYWHERE), _INSPECTORS)),
    "answer-siblings": Queue("待答复合并件", _K.ANSWER_SIBLING, ((OFFICE, _EVERYWHERE), ((*_LIAISON, *_LEADING), _OURS))),
    "extensions": Queue("待审批延期", _K.EXTENSION, ((OFFICE, _EVERYWHERE),)),
    "second-extensions": Queue("待审批第二次延期", _K.EXTENSION_SECOND, (((Role.INSPECTOR, Role.CHIEF), _EVERYWHERE),)),
    "escalations": Queue("待审批提级(区级)", _K.ESCALATION, ((OFFICE, _EVERYWHERE),)),
    "city-escalations": Queue("待审批提级(市级)", _K.ESCALATION_CITY, (((Role.CHIEF,), _EVERYWHERE),)),
    "call-backs": Queue("待回访", _K.CALL_BACK, (((Role.CALLER_BACK, *OFFICE), Part({Mark.OUTSIDE})),)),
    "proposals": Queue("待裁定系统建议", _K.RULE, (((Role.OFFICE_HEAD, Role.CHIEF), _EVERYWHERE),)),
    "due-soon": Queue("两个工作日内到期", _K.DEADLINE, ((_ANYBODY, Part({Mark.SOON})),)),
    **{
        str(colour): Queue(f"{colour.label}色", _K.DEADLINE, ((_ANYBODY, Part({mark})),))
        for colour, mark in ((Colour.BLUE, Mark.BLUE), (Colour.YELLOW, Mark.YELLOW), (Colour.RED, Mark.RED))
    },
}
"""By the name in the address."""
DESKS: Mapping[TaskKind, str] = {
    _K.ACCEPT: "受理(联络员、副网格长)",
    _K.DISPATCH: "交办(副网格长、网格长)",
    _K.REDISPATCH: "重新交办(区优化办)",
}
"""On whose desk lies what was not given to anybody yet."""
