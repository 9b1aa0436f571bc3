"""What stands in the way of an action on a visit, beside the rules of telling one (``telling``)."""

from __future__ import annotations

from shared.language.problems import Forbidden, Refused


class AlreadyRecorded(Refused):
    """An id names one visit for ever; another content needs a correction or an id of its own."""

    title = "该编号的走访已登记,内容不同"


class OneQuestionnaireAMonth(Refused):
    """One questionnaire an enterprise and month (``ledgers.md`` §5)."""

    title = "该企业本月已有问卷调查"


class NotYourReview(Forbidden):
    """Deputy and head of a visitor's unit, and the office, review (``roles.md``: 走访)."""

    title = "只有走访人员单位的网格长、副网格长或区优化办可以审核"


class OwnVisit(Forbidden):
    """Whoever told a visit does not review it (``roles.md``: separation of duties)."""

    title = "不能审核自己走访或填写的记录"


class AlreadyAccepted(Refused):
    """An accepted visit is corrected after its reviewer has returned it (``roles.md``: until reviewed)."""

    title = "走访已审核通过,须先退回才能更正"


class NotAwaitingReview(Refused):
    """A returned visit is reviewed again after its correction."""

    title = "走访已退回,等待更正"


class AlreadyReviewed(Refused):
    """The same review with other words: the first ones stand."""

    title = "走访已审核,意见不同"


class VisitIsVoid(Refused):
    """Voiding is final: the visit never counts, whatever comes after."""

    title = "走访已作废"


class EvidenceLacking(Refused):
    """A visit is accepted when its evidence rule is met (方案 四(一)5: 印证资料; ``ledgers.md`` §5)."""

    title = "印证资料不齐,不能审核通过"


class EvidenceAlreadyThere(Refused):
    """One file is one piece of evidence, of one kind."""

    title = "该文件已作为另一类印证资料上传"


class WrongKindOfFile(Refused):
    """A photo is an image, a call log may be a recording (``ledgers.md`` §5)."""

    title = "文件类型与印证资料种类不符"


class TooMuchEvidence(Refused):
    """Any one kind of evidence is enough (choices 14); more than fifty files prove nothing more."""

    title = "印证资料过多"


class NotTheEnterprise(Forbidden):
    """The enterprise speaks through the platform's own link, never through somebody's account (``roles.md``: 企业用户)."""

    title = "走访由企业本人通过链接确认或否认"


class AlreadyConfirmed(Refused):
    """The first confirmation stands, whatever its rating: nobody is asked until the answer pleases."""

    title = "企业已确认该走访,内容不同"


class NothingToHear(Refused):
    """Only a confirmation that may be the visitor's own word is called about."""

    title = "该走访没有待回访核实的企业确认"


class AlreadyHeard(Refused):
    """What the first call found stands."""

    title = "该企业确认已回访核实,结果不同"


class NotYourCall(Forbidden):
    """Callers-back, the inspectorate and the office call; never the unit that came (``roles.md``: 承办≠审核≠回访)."""

    title = "企业确认由走访单位以外的回访员、区督查或区优化办回访核实"


class AlreadyDenied(Refused):
    """The first denial stands."""

    title = "企业已否认该走访,内容不同"


class DeniedByEnterprise(Refused):
    """A denied visit is upheld or voided before anything else is said about it."""

    title = "企业否认该走访,须先裁定"


class NotDenied(Refused):
    """Only a visit the enterprise denies is upheld."""

    title = "企业没有否认该走访"


class AwaitsRuling(Refused):
    """A held telling is ruled on before it is corrected or reviewed (``roles.md``: 待裁定)."""

    title = "走访待裁定"


class NotAwaitingRuling(Refused):
    """Only a held telling is ruled on, once."""

    title = "走访不在待裁定状态"


class NotYourRuling(Forbidden):
    """Head and deputy of the unit that answers for the enterprise now, and the office, rule (``roles.md``: 待裁定)."""

    title = "只有现负责单位的网格长、副网格长或区优化办可以裁定"
