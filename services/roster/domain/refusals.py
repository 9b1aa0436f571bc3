"""What stands in the way of an action on an enterprise of the register or on a post."""

from __future__ import annotations

from shared.language.problems import Forbidden, Refused


class AlreadyRegistered(Refused):
    """A credit code names one enterprise for ever (GB 32100)."""

    title = "该统一社会信用代码已登记"


class PublisherMayNotApply(Forbidden):
    """Moves between units take two (``roles.md``): who published the table that says them does not carry them out."""

    title = "发布对照表的人不能自己按表调整归属,请由另一人执行"


class NotAnEnterprise(Refused):
    """Individual businesses and farmers' co-operatives are not served (方案 二, 三(二))."""

    title = "个体工商户、农民专业合作社不在服务范围"


class CodeInvalid(Refused):
    """The credit code fails its check (GB 32100, GB 11714)."""

    title = "统一社会信用代码校验不通过"


class NotOfThisLine(Refused):
    """A department answers on the vertical line, a township on the horizontal one (方案 三(一))."""

    title = "单位与网格线不符"


class NotUnderUnit(Refused):
    """A branch or village is named together with the unit it stands under on that day (方案 三(一))."""

    title = "所选村(社区)或分支机构不属于所选单位,请改选本单位所辖的,或先变更单位"


class WorkerNotOfUnit(Refused):
    """The worker named holds a post in the unit (定员)."""

    title = "该网格员不在此单位任职"


class TriesTooAlike(Refused):
    """失联 needs two tries or more, on different days, by different modes, in the month of the verification (kpi §2)."""

    title = "失联核实须两次以上、不同日期、两种以上方式"


class NotAssignedThere(Refused):
    """Only the unit that answers for it verifies the loss."""

    title = "该企业不由本单位负责"


class NobodyNamedThere(Refused):
    """The main contact is the worker who answers on a line: where nobody is named there is nobody to turn to (方案 五(一))."""

    title = "该网格线尚未落实网格员,不能设为主联系人"


class CensusNotRunning(Refused):
    """Results are taken while the census is open, from its first day to its last (方案 四(一)4)."""

    title = "摸底未开始、已截止或已结束"


class OutsideCensus(Refused):
    """A census is of the enterprises of its unit, or of its line."""

    title = "该企业不在本次摸底范围内"


class DuplicateUnnamed(Refused):
    """重复 names another enterprise of the register, and nothing else does."""

    title = "结果为重复时须指明与哪一户企业重复,其他结果不填"


class NotYourEnterprise(Forbidden):
    """Workers and informants enter for the unit, branch or village that answers for the enterprise (R28, R41)."""

    title = "该企业不由您所在的单位或村(社区)、分支机构负责"
