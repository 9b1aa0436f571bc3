"""Facts of the roster: whom we serve and who serves them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.unmasking import Unmasked
from shared.language.facts import Fact, Part
from shared.language.freetext import Basis, Code, FreeText, Grounds, Name, Published, Reference, Registered, Said
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.terms import (
    DeliveryChannel,
    EnterpriseKind,
    Line,
    Mode,
    PaperKind,
    Role,
    Size,
    Standing,
    SurveyResult,
    UnitKind,
)


class UnitEstablished(Fact, type="roster.unit-established.v1", title="单位设立"):
    """A unit exists from a day on. ``parent`` is the code of the unit above it."""

    code: Code
    name: Name
    kind: UnitKind
    parent: Code | None = None
    on: date
    document: Reference = ""
    predecessors: tuple[Code, ...] = ()
    """The units it was split off from or made of."""


class UnitRenamed(Fact, type="roster.unit-renamed.v1", title="单位更名"):
    """The unit is called otherwise from a day on."""

    name: Name
    on: date
    document: Reference = ""


class UnitEnded(Fact, type="roster.unit-ended.v1", title="单位撤销"):
    """The unit's last day was the day before ``on``; its work goes to the successors."""

    on: date
    successors: tuple[Code, ...] = ()
    document: Reference = ""
    proposed_by: UUID | None = None


class UnitEndProposed(Fact, type="roster.unit-end-proposed.v1", title="单位撤销申请"):
    """A unit is to end, as in ``UnitEnded``; it takes a second person to say so. ``by_head``: the head of the office proposed it."""

    id: UUID
    on: date
    successors: tuple[Code, ...] = ()
    document: Reference = ""
    by: UUID
    by_head: bool = False
    proposed_on: date


class UnitEndRejected(Fact, type="roster.unit-end-rejected.v1", title="单位撤销驳回"):
    """What was proposed of a unit's end does not become so."""

    id: UUID
    reason: FreeText
    on: date


class UnitEndWithdrawn(Fact, type="roster.unit-end-withdrawn.v1", title="单位撤销收回"):
    """The unit does not end after all: what was said of its end is taken back as if it had not been said."""

    reason: FreeText
    on: date


class IndustriesMapped(Fact, type="roster.industries-mapped.v1", title="行业与部门对照表"):
    """GB/T 4754 division (two digits) → department, a whole new version of the table (R09)."""

    entries: dict[Code, Code]
    on: date
    note: FreeText = ""
    by: UUID | None = None
    """Who published it; unknown of versions from before it was kept."""


class MemberAppointed(Fact, type="roster.member-appointed.v1", title="人员任职"):
    """Somebody holds a role in a unit from a day on (方案 三(三); 五(五) for the liaison).

    With ``until``, the first day without it, the role ends by itself; ``acting_for`` is the account of whoever is on leave.
    """

    account: Code
    name: Personal
    phone: Personal | None = None
    unit: Code
    sub_unit: Code | None = None
    role: Role
    post: Name = ""
    duty: Published = ""
    document: Reference = ""
    on: date
    until: date | None = None
    acting_for: Code | None = None
    proposed_by: UUID | None = None
    """Who proposed it, where two persons are needed; the other one is who said this."""


class MemberProposed(Fact, type="roster.member-proposed.v1", title="任职提名"):
    """Somebody is to hold a role; it takes a second person to say so (``roles.md``). What is proposed is as in the appointment.

    ``by_head`` says that the head of the office proposed it.
    """

    id: UUID
    account: Code
    name: Personal
    phone: Personal | None = None
    unit: Code
    sub_unit: Code | None = None
    role: Role
    post: Name = ""
    duty: Published = ""
    document: Reference = ""
    on: date
    until: date | None = None
    acting_for: Code | None = None
    by: UUID
    by_head: bool = False
    proposed_on: date


class MemberProposalRejected(Fact, type="roster.member-proposal-rejected.v1", title="任职提名驳回"):
    """What was proposed of a member does not become so: another person said no, or the proposer took it back."""

    id: UUID
    reason: FreeText
    on: date


class MemberReleased(Fact, type="roster.member-released.v1", title="人员离任"):
    """From ``on`` the member no longer holds the role in the unit."""

    unit: Code
    role: Role
    on: date
    reason: FreeText = ""


class TokenRevoked(Fact, type="roster.token-revoked.v1", title="登录凭证吊销"):
    """A sign-in is refused from now on. The stream is the token's (``shared.http.identity.token_id``)."""

    reason: FreeText = ""
    by: UUID
    on: date


class EnterpriseRegistered(Fact, type="roster.enterprise-registered.v1", title="企业入库"):
    """An enterprise enters the register (企业库). Capital is in fen (分) of its currency, revenue and assets in fen of CNY.

    ``elsewhere`` is what columns of its file said against this district (所属城市 of another place).
    """

    code: Code
    name: Name
    kind: EnterpriseKind
    branch: bool = False
    standing: Standing
    standing_on: date | None = None
    founded: date | None = None
    capital: int | None = None
    currency: Code = "CNY"
    legal_person: Personal | None = None
    contact: Personal | None = None
    phone: Personal | None = None
    address: Registered = ""
    business_address: Registered = ""
    industry: Code = ""
    business: Registered = ""
    registrar: Registered = ""
    elsewhere: Registered = ""
    staff: int | None = None
    revenue: int | None = None
    assets: int | None = None
    abnormal: bool | None = None
    managed_elsewhere: bool = False
    source: Reference = "import"
    batch: Reference = ""
    on: date


class EnterpriseAmended(Fact, type="roster.enterprise-amended.v1", title="企业信息变更"):
    """Particulars changed; only the changed ones are named. A former name stays known."""

    name: Name | None = None
    kind: EnterpriseKind | None = None
    branch: bool | None = None
    founded: date | None = None
    capital: int | None = None
    currency: Code | None = None
    legal_person: Personal | None = None
    contact: Personal | None = None
    phone: Personal | None = None
    address: Registered | None = None
    business_address: Registered | None = None
    industry: Code | None = None
    business: Registered | None = None
    registrar: Registered | None = None
    elsewhere: Registered | None = None
    staff: int | None = None
    revenue: int | None = None
    assets: int | None = None
    abnormal: bool | None = None
    source: Reference = "import"
    batch: Reference = ""
    on: date


class EnterpriseSized(Fact, type="roster.enterprise-sized.v1", title="企业划型"):
    """The size class (划型) that follows from industry, staff, revenue and assets, or that it can't be told any more.

    ``basis`` says in Chinese what it was derived from; ``rule`` names the table (国统字〔2017〕213号).
    """

    size: Size | None = None
    basis: Said = ""
    rule: Code = ""


class EnterpriseTagged(Fact, type="roster.enterprise-tagged.v1", title="企业标签"):
    """All its tags from now on (规上, 重点企业, service needs); R48."""

    tags: tuple[Name, ...]


class ContactPreferred(Fact, type="roster.contact-preferred.v1", title="企业联系意愿"):
    """How and when the enterprise likes to be reached. Until ``quiet_until``, that day included, it wants to be left alone."""

    modes: tuple[Mode, ...] = ()
    hours: FreeText = ""
    quiet_until: date | None = None
    note: FreeText = ""


class MainContactChosen(Fact, type="roster.main-contact-chosen.v1", title="主联系人确定"):
    """From ``on`` the worker named on this line is the one the enterprise turns to first (主联系人, 方案 五(二) 一对一).

    The 服务专员 of a line is the worker of its assignment: there is never more than one.
    """

    line: Line
    on: date


class StandingChanged(Fact, type="roster.standing-changed.v1", title="存续状态变更"):
    """The register's standing changed on a day: deregistered, revoked, moved out, back again."""

    standing: Standing
    on: date
    reason: Grounds = ""
    batch: Reference = ""


class CustodyChanged(Fact, type="roster.custody-changed.v1", title="代管变更"):
    """Whether another administration manages the area (代管): then the enterprise is out of scope (choices 9)."""

    managed_elsewhere: bool
    on: date
    reason: Grounds = ""


class EnterpriseAssigned(Fact, type="roster.enterprise-assigned.v1", title="企业包保落实"):
    """From ``on`` this unit, and this worker if named, answers for the enterprise on this line (方案 五(一)).

    ``confidence`` (0–100) and ``because`` are there when a suggestion was followed.
    """

    line: Line
    unit: Code
    sub_unit: Code | None = None
    worker: UUID | None = None
    on: date
    reason: Grounds = ""
    document: Reference = ""
    confidence: int | None = None
    proposed_by: UUID | None = None
    """Who proposed it, where it left another unit; the other one is who said this."""


class EnterpriseMoveProposed(Fact, type="roster.enterprise-move-proposed.v1", title="企业调整申请"):
    """An enterprise is to go to another unit, as in ``EnterpriseAssigned``; it takes a second person to say so."""

    id: UUID
    line: Line
    unit: Code
    sub_unit: Code | None = None
    worker: UUID | None = None
    on: date
    reason: Grounds = ""
    document: Reference = ""
    by: UUID
    proposed_on: date


class EnterpriseMoveRejected(Fact, type="roster.enterprise-move-rejected.v1", title="企业调整驳回"):
    """What was proposed of a move does not become so."""

    id: UUID
    reason: FreeText
    on: date


class Attempt(Part):
    """One try to reach an enterprise that seems lost."""

    on: WrittenDate
    mode: Mode


class ContactLossVerified(Fact, type="roster.contact-loss-verified.v1", title="失联核实"):
    """A deputy verified 失联 on this line: two tries or more on different days by different modes (kpi §2)."""

    line: Line
    tries: tuple[Attempt, ...]
    on: date
    note: FreeText = ""


class Doubt(Part):
    """Why a row is doubtful: the kind (``intake/verdict.Fault``), the column's usual name, the other row of a duplicate."""

    fault: Code
    column: Code = ""
    other: Code = ""


class RowSetAside(Fact, type="roster.row-set-aside.v1", title="登记数据存疑"):
    """A row of a register extract that a person must look at; nothing was guessed.

    What stands in its cells is in ``raw`` alone, sealed: the sheet, the headings, the cells. ``code`` is a valid credit code
    or empty. ``reasons``, ``columns`` and ``name`` are of older rows, which quoted their cells.
    """

    batch: Reference
    row: int
    reasons: tuple[Said, ...] = ()
    columns: tuple[Code, ...] = ()
    code: Code = ""
    name: Said = ""
    raw: Personal
    doubts: tuple[Doubt, ...] = ()


class RowRepaired(Fact, type="roster.row-repaired.v1", title="存疑数据已更正"):
    """A later file has the same enterprise in order: nothing is left to be looked at."""

    batch: Reference


class RowDismissed(Fact, type="roster.row-dismissed.v1", title="存疑数据处理"):
    """A person looked at the row and decided what becomes of it."""

    reason: FreeText


class Day(Part):
    """One exception of the official calendar: a holiday (``off``) or a make-up working day."""

    date: WrittenDate
    off: bool
    name: Name = ""


class YearPublished(Fact, type="roster.year-published.v1", title="工作日历发布"):
    """The official working-day calendar of a year, a whole new version of it."""

    year: int
    days: tuple[Day, ...]
    source: Reference = ""


class ProjectRegistered(Fact, type="roster.project-registered.v1", title="项目登记"):
    """A project to be served under a plaque (方案 五(二): 对项目全覆盖实施挂牌服务)."""

    name: Name
    enterprise: UUID
    on: date


class PlaqueHung(Fact, type="roster.plaque-hung.v1", title="挂牌"):
    """A numbered plaque hangs at the project. ``leader`` and ``contact`` are members.

    The QR code on it carries ``token``: random, sealed here, found again by its SHA-256 and worthless once the plaque is
    taken down. It is never the credit code.
    """

    number: Reference
    leader: UUID
    contact: UUID
    office_phone: Code = ""
    token: Personal
    token_sha256: Code
    on: date


class PlaqueTakenDown(Fact, type="roster.plaque-taken-down.v1", title="摘牌"):
    """The plaque is gone, and its token with it."""

    reason: FreeText
    on: date


class PlacesMapped(Fact, type="roster.places-mapped.v1", title="地址词对照表"):
    """Words of addresses (old names, roads, estates) → township or village, a whole new version of the table (R10)."""

    entries: dict[Name, Code]
    on: date
    note: FreeText = ""
    by: UUID | None = None
    """Who published it; unknown of versions from before it was kept."""


class OfficePhonesMapped(Fact, type="roster.office-phones-mapped.v1", title="办公电话表"):
    """Unit → its office telephone, a whole new version of the table. Never anybody's own number."""

    entries: dict[Code, Code]
    on: date
    note: FreeText = ""


class LoadLimitSet(Fact, type="roster.load-limit-set.v1", title="包保户数预警线"):
    """From a day on, more enterprises than this for one person on one line are a warning (R45)."""

    limit: int
    on: date
    note: FreeText = ""


class BrandPublished(Fact, type="roster.brand-published.v1", title="品牌与联系方式发布"):
    """What is printed on ledgers, bulletins and plaques, and how the office is reached, from a day on (R03, R60; choices 13)."""

    brand: Name
    suffix: Name = ""
    slogan: Published = ""
    core: tuple[Name, ...] = ()
    logo: Reference = ""
    lead_office: Code
    district: Code
    city: Name = ""
    contact: Personal | None = None
    phone: Code = ""
    email: Code = ""
    channels: tuple[Code, ...] = ()
    site: Reference = ""
    on: date
    note: FreeText = ""


class DeliveryRecorded(Fact, type="roster.delivery-recorded.v1", title="线下送达登记"):
    """A file reached the office by a channel other than this system: sealed e-mail, a USB stick, paper (R60)."""

    unit: Code
    month: Code
    channel: DeliveryChannel
    file: Reference
    sha256: Code
    received_on: date
    note: FreeText = ""


class EnterpriseMissed(Fact, type="roster.enterprise-missed.v1", title="企业在登记数据中缺失"):
    """It survives in the register and did not stand in a file that was declared complete: a person looks whether it is gone."""

    on: date
    batch: Reference = ""


class EnterpriseFound(Fact, type="roster.enterprise-found.v1", title="缺失企业找到"):
    """What was missing is there: a later file names it, or a person says so."""

    on: date
    reason: Grounds = ""
    batch: Reference = ""


class EnterpriseSurveyed(Fact, type="roster.enterprise-surveyed.v1", title="企业摸底结果"):
    """What a census found of it (R27). ``of`` is the enterprise that it repeats; ``member`` is who looked."""

    census: UUID
    result: SurveyResult
    note: FreeText = ""
    of: UUID | None = None
    member: UUID
    on: date


class CensusOpened(Fact, type="roster.census-opened.v1", title="摸底启动"):
    """A census (摸底) of the enterprises of one unit, or of a whole line, from a day to a day (方案 四(一)4, 四(二)4)."""

    title: Name
    line: Line
    unit: Code | None = None
    since: date
    until: date
    document: Reference = ""


class CensusClosed(Fact, type="roster.census-closed.v1", title="摸底结束"):
    """No more results are taken."""

    on: date
    note: FreeText = ""


class CorrectionProposed(Fact, type="roster.correction-proposed.v1", title="更正申请"):
    """Somebody of the unit that answers says that the register is wrong; only what should change is named.

    ``to_unit`` proposes that another unit answers on ``line``.
    """

    enterprise: UUID
    unit: Code
    proposer: UUID
    reason: FreeText
    name: Name | None = None
    kind: EnterpriseKind | None = None
    branch: bool | None = None
    founded: date | None = None
    capital: int | None = None
    currency: Code | None = None
    legal_person: Personal | None = None
    contact: Personal | None = None
    phone: Personal | None = None
    address: Registered | None = None
    business_address: Registered | None = None
    industry: Code | None = None
    business: Registered | None = None
    registrar: Registered | None = None
    elsewhere: Registered | None = None
    staff: int | None = None
    revenue: int | None = None
    assets: int | None = None
    abnormal: bool | None = None
    line: Line | None = None
    to_unit: Code | None = None
    to_sub_unit: Code | None = None
    on: date


class CorrectionApproved(Fact, type="roster.correction-approved.v1", title="更正核准"):
    """Approved by somebody else than who proposed it; the register changed in the same transaction."""

    note: FreeText = ""
    on: date


class CorrectionRejected(Fact, type="roster.correction-rejected.v1", title="更正驳回"):
    """Not adopted."""

    reason: FreeText
    on: date


class UnitMoved(Fact, type="roster.unit-moved.v1", title="单位隶属调整"):
    """From ``on`` the unit stands under another one of the same kind: a village whose township was split."""

    parent: Code
    on: date
    document: Reference = ""


class UnitCharged(Fact, type="roster.unit-charged.v1", title="单位定责"):
    """What the unit has to do, in words (定责, 方案 四(一)1)."""

    duty: Published
    on: date


class UnitDocumented(Fact, type="roster.unit-documented.v1", title="单位文件登记"):
    """A paper the unit issued: its plan, its leading group, its task force, with the members it names."""

    document: UUID
    kind: PaperKind
    number: Reference
    title: Name
    issued: date
    expires: date | None = None
    members: tuple[UUID, ...] = ()


class UnitDocumentWithdrawn(Fact, type="roster.unit-document-withdrawn.v1", title="单位文件失效"):
    """The paper is no longer in force."""

    document: UUID
    reason: FreeText
    on: date


class TaskSet(Fact, type="roster.task-set.v1", title="指导任务下达"):
    """Guidance from a head to members of the unit, with a day by which it is done (R16)."""

    unit: Code
    title: Name
    content: FreeText = ""
    members: tuple[UUID, ...]
    due: date
    on: date


class TaskProgressed(Fact, type="roster.task-progressed.v1", title="指导任务进展"):
    """What was done so far."""

    note: FreeText
    on: date


class TaskDone(Fact, type="roster.task-done.v1", title="指导任务完成"):
    """It is done."""

    result: FreeText
    on: date


class TaskCancelled(Fact, type="roster.task-cancelled.v1", title="指导任务取消"):
    """Nobody needs to do it any more."""

    reason: FreeText
    on: date


class HandoverOpened(Fact, type="roster.handover-opened.v1", title="交接发起"):
    """Somebody's enterprises in a unit are to go to a colleague from a day on, once both have signed (R04)."""

    unit: Code
    line: Line
    giver: UUID
    taker: UUID
    enterprises: tuple[UUID, ...]
    on: date
    document: Reference = ""
    note: FreeText = ""


class HandoverSigned(Fact, type="roster.handover-signed.v1", title="交接签字"):
    """One of the two has signed."""

    by: UUID
    on: date


class HandoverWithdrawn(Fact, type="roster.handover-withdrawn.v1", title="交接撤销"):
    """It does not take place."""

    reason: FreeText
    on: date


class PersonalUnmasked(Unmasked, type="roster.personal-unmasked.v1", title="查看个人信息明文(企业库)"):
    """Somebody read personal data in clear: what of whom, why, and never the data themselves (个人信息保护法 第五十一条)."""


class SubjectErased(Fact, type="roster.subject-erased.v1", title="个人信息删除"):
    """The personal data of a subject are to be unreadable from here on: its key is destroyed (个人信息保护法 第四十七条)."""

    reason: Basis
    by: UUID
    on: date
    confirmed_by: UUID | None = None
    """The second person; ``by`` is who asked for it."""


class ErasureAsked(Fact, type="roster.erasure-asked.v1", title="个人信息删除申请"):
    """Somebody asks that a subject be erased; it takes a second person to say so."""

    id: UUID
    reason: Basis
    by: UUID
    on: date


class ErasureRejected(Fact, type="roster.erasure-rejected.v1", title="个人信息删除驳回"):
    """The subject stays: another person said no, or whoever asked took it back."""

    id: UUID
    reason: FreeText
    on: date
