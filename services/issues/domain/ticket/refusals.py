"""What stands in the way of an action on a ticket, beside who may do it (``permissions``)."""

from __future__ import annotations

from services.issues.domain.ticket.commands import Step
from services.issues.domain.ticket.facts import TicketFact
from services.issues.domain.ticket.states import Ticket
from shared.language.problems import Forbidden, Problem, Refused


class NotInThisStage(Refused):
    """Each action belongs to its stage (``tickets.md``)."""

    title = "问题所处环节不能进行此操作"


class IdOfThePlatform(Forbidden):
    """What comes from a visit, a call or an order has an id that follows from it: nobody reports another thing under such a one."""

    title = "该标识由平台编定,请换用新的标识登记"


class AlreadyReported(Refused):
    """One ticket, one report: the same id names no other."""

    title = "该问题已登记,内容不同"


class ExternalKnown(Refused):
    """A transferred order has one ticket, however often it is sent (R53)."""

    title = "该外部工单已登记"


class AlreadyDone(Refused):
    """It was done, with another content."""

    title = "该环节已办理,内容不同"


class UnitNotKnown(Refused):
    """A ticket goes to a department, a township or the office, and to each once."""

    title = "没有这个单位,或者同一单位重复"


class LeaderNotOfUnit(Refused):
    """The responsible leader is 网格长 or 副网格长 of the handling unit, or 总网格长 (R30)."""

    title = "责任领导须为承办单位的网格长、副网格长或者总网格长"


class HandlerNotOfUnit(Refused):
    """The handler holds a post in the handling unit."""

    title = "承办人须在承办单位任职"


class DueTooLate(Refused):
    """An earlier day may be set, never a later one: that is what an extension is for (T9)."""

    title = "办理时限不得晚于规定时限"


class DueInThePast(Refused):
    """Nobody can be given a day that is over."""

    title = "办理时限不得早于交办当日"


class AlreadyContested(Refused):
    """The enterprise objects to a refusal once (T3)."""

    title = "已提出过异议,复核决定为最终决定"


class CantMerge(Refused):
    """Two open tickets become one; a merged or finished one takes up no other (T4)."""

    title = "不能与该问题合并"


class SiblingsWaiting(Refused):
    """A ticket is closed, or merged itself, when every one merged into it has its own answer and its own call-back (T4)."""

    title = "被合并的问题尚未答复或回访,不能办结或再合并"


class UrgencyLowered(Forbidden):
    """A unit may find a matter more urgent than it was told, not less: its own clock hangs on it (T2)."""

    title = "降低紧急程度由区优化办办理"


class NotAnsweredYet(Refused):
    """Nobody is called back before there is an answer to ask about (T4)."""

    title = "尚未答复企业,不能回访"


class ReturnedBefore(Refused):
    """T7: 一经确定不得再退."""

    title = "该问题已退回过一次,一经确定不得再退"


class TooLateToReturn(Refused):
    """T7: within one working day of 交办."""

    title = "超过交办后一个工作日,不得退回"


class ExtensionPending(Refused):
    """One request at a time (T9)."""

    title = "已有延期申请待批"


class NoExtensionAsked(Refused):
    """Only what was asked for is granted (T9)."""

    title = "没有待批的延期申请"


class ExtendedEnough(Refused):
    """T9: twice at the most, each no longer than the original term, thirty working days together."""

    title = "延期最多两次,每次不超过原时限,累计不超过三十个工作日"


class TooLateToExtend(Refused):
    """T9: asked for at least one working day before the deadline, and granted before it is over."""

    title = "延期须在到期前至少一个工作日提出,并在到期前批准"


class MilestoneTooFar(Refused):
    """T10: looked at again within thirty days (R31)."""

    title = "跟踪节点须在今后三十日内"


class NextDayTooFar(Refused):
    """T8: who is waiting hears something within ten working days at the latest; a far day would silence the reminder."""

    title = "下次答复日须在今日起十个工作日内"


class NothingAbove(Refused):
    """Above the city there is no level (T12)."""

    title = "已是市级,无上一级可报请"


class DocumentMissing(Refused):
    """What goes to the city goes with the number of the outgoing document (R32)."""

    title = "提请市级须填写发文字号"


class NotWithTheCity(Refused):
    """Only what lies with the city gets its reply (R32)."""

    title = "该问题不在市级办理"


class NotACoHandler(Refused):
    """Only a co-handling unit reports on its part."""

    title = "该单位不是协办单位"


class UrgedToday(Refused):
    """T22: once a day and kind."""

    title = "今天已催办过"


class OutsideWorkingHours(Refused):
    """T22: people are urged while they are at work."""

    title = "催办须在工作时间进行"


class NoSuchSlip(Refused):
    """A reply belongs to a slip that waits for one (T23)."""

    title = "没有待回复的此督办单"


class NoSuchProposal(Refused):
    """Only what was proposed is ruled on."""

    title = "没有此项待裁定的建议"


def not_now(state: Ticket, command: Step) -> Problem:
    """The refusal of a command that does not belong to this stage."""
    return NotInThisStage(stage=state.STAGE.label, command=command.LABEL, no=state.report.no)


def done(state: Ticket, command: Step, *, same: bool) -> list[TicketFact]:
    """The same thing again adds nothing; with another content it is refused."""
    if same:
        return []
    raise AlreadyDone(stage=state.STAGE.label, command=command.LABEL, no=state.report.no)
