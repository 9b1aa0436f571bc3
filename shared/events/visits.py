"""Facts of visits: what was done for the enterprises."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from shared.events.unmasking import Unmasked
from shared.language.facts import Fact, Part
from shared.language.freetext import Code, FreeText, Name, Published, Reference, Said
from shared.language.months import WrittenDate
from shared.language.personal import Personal
from shared.language.terms import (
    Ack,
    Awareness,
    Category,
    Channel,
    Conductor,
    EvidenceKind,
    Line,
    LinkPurpose,
    LinkWay,
    MaterialKind,
    Meaning,
    Mode,
    Nature,
    Occasion,
    Operation,
    QuestionKind,
    Rating,
    Role,
    Size,
    SurveyAnswer,
    Trend,
    Urgency,
)


class Visited(Part):
    """The enterprise as it was called on the day of the visit."""

    id: UUID
    code: Code
    name: Name


class Visitor(Part):
    """Who came, for which reporting unit and on which line."""

    member: UUID
    unit: Code
    sub_unit: Code | None = None
    line: Line | None = None
    role: Role


class Demand(Part):
    """One thing the enterprise asks for; it becomes exactly one ticket."""

    no: int
    content: FreeText
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    urgency: Urgency = Urgency.ORDINARY


class VisitRecorded(Fact, type="visits.visit-recorded.v1", title="走访登记"):
    """A visit as told by those who made it. ``late_entry`` (补录): entered after the day it was made."""

    enterprise: Visited
    on: date
    mode: Mode
    met: bool = True
    connected_seconds: int | None = None
    visitors: tuple[Visitor, ...]
    joint: bool = False
    interviewee: Personal | None = None
    title: FreeText = ""
    phone: Personal | None = None
    operation: Operation = Operation.NORMAL
    note: FreeText = ""
    headcount: int | None = None
    revenue_trend: Trend = Trend.UNTOLD
    difficulties: FreeText = ""
    suggestions: FreeText = ""
    demands: tuple[Demand, ...] = ()
    policies: tuple[Name, ...] = ()
    onemap_given: int = 0
    aware: Awareness = Awareness.NOT_ASKED
    satisfaction: Rating | None = None
    ack: Ack = Ack.NONE
    answered_required: int | None = None
    asked_required: int | None = None
    late_entry: bool = False
    claimed_at: datetime | None = None
    remark: FreeText = ""
    entered_by: UUID | None = None
    """Who typed it, if it was none of the visitors: a person acting for another is recorded as both (``roles.md``)."""
    policy_ids: tuple[UUID, ...] | None = None
    """Those of ``policies`` that were taken from the library (R18)."""
    skew_hours: int | None = None
    """How far the device's time lay from the receipt, if by more than a day (``ledgers.md`` §5)."""
    photo_required: bool | None = None
    """A photo was necessary for this visit, by the office's recorded statement."""
    wording: bool | None = None
    """Whether the visitor's words held a word of enforcement when they were taken in. Before it was noted they stood in clear."""


class VisitCorrected(VisitRecorded, type="visits.visit-corrected.v1", title="走访更正"):
    """The visitor's corrected version, whole; a review begins anew."""


class EvidenceAttached(Fact, type="visits.evidence-attached.v1", title="印证资料上传"):
    """A file that proves the visit, by the digest of the bytes as they are stored."""

    sha256: Code
    kind: EvidenceKind
    media_type: Code
    size: int
    captured_at: datetime | None = None
    original: Reference = ""
    phash: Code | None = None
    """64-bit difference hash of a picture, hexadecimal: pictures that look alike differ in few bits."""
    uploaded_at: datetime | None = None
    uploader: UUID | None = None


class VisitQualified(Fact, type="visits.visit-qualified.v1", title="走访印证齐全"):
    """The evidence rule of its mode is met: from here on the visit counts (``ledgers.md`` §5)."""

    rule: Code


class VisitDisqualified(Fact, type="visits.visit-disqualified.v1", title="走访待补证"):
    """The evidence rule is no longer met (待补证): what is missing, in Chinese."""

    rule: Code
    missing: tuple[Said, ...]


class VisitAccepted(Fact, type="visits.visit-accepted.v1", title="走访审核通过"):
    """A reviewer found the visit in order."""

    note: FreeText = ""


class VisitReturned(Fact, type="visits.visit-returned.v1", title="走访退回"):
    """A reviewer sent the visit back to be corrected."""

    reason: FreeText


class VisitVoided(Fact, type="visits.visit-voided.v1", title="走访作废"):
    """The visit never counts, whatever comes after."""

    reason: FreeText


class Decided(Part):
    """What a consultation decided: a task with whoever carries it out."""

    no: int
    content: FreeText
    unit: Code
    member: UUID
    due: WrittenDate


class ConsultationHeld(Fact, type="visits.consultation-held.v1", title="会商研判"):
    """A unit talked over visits and tickets (方案 四(一)3, 四(二)3: 会商研判)."""

    unit: Code
    on: date
    place: Name
    title: Name
    participants: tuple[UUID, ...]
    visits: tuple[UUID, ...] = ()
    tickets: tuple[UUID, ...] = ()
    minutes: FreeText
    decisions: tuple[Decided, ...] = ()
    by: UUID


class ConsultationConfirmed(Fact, type="visits.consultation-confirmed.v1", title="会商纪要确认"):
    """The head stands by the minutes."""

    note: FreeText = ""


class DecisionTaken(Fact, type="visits.decision-taken.v1", title="会商议定事项"):
    """One more decision of a consultation."""

    decision: Decided


class DecisionFulfilled(Fact, type="visits.decision-fulfilled.v1", title="会商议定事项落实"):
    """The task was done, and how."""

    no: int
    words: FreeText


class Stratum(Part):
    """A stratum of a survey's population, with the codes drawn from it."""

    township: Code
    size: Code = ""
    population: int
    sample: tuple[Code, ...]


class Answered(Part):
    """What one enterprise of the sample answered."""

    code: Code
    answer: SurveyAnswer
    on: WrittenDate


class SurveyDrawn(Fact, type="visits.survey-drawn.v1", title="抽样调查抽样"):
    """A stratified sample was drawn. Whoever replays the roster up to ``roster_position`` has the population, and with the
    seed draws the same sample.
    """

    title: Name
    conductor: Conductor
    agency: Name = ""
    on: date
    method: Code
    seed: Code
    population: int
    population_sha256: Code
    roster_position: int
    strata: tuple[Stratum, ...]


class SurveyAnswered(Fact, type="visits.survey-answered.v1", title="抽样调查回收"):
    """Answers of the sample came in."""

    answers: tuple[Answered, ...]


class SurveyClosed(Fact, type="visits.survey-closed.v1", title="抽样调查结束"):
    """No more answers are taken: the estimate stands."""

    note: FreeText = ""


class CampaignPlanned(Fact, type="visits.campaign-planned.v1", title="宣传方案拟定"):
    """A unit's publicity plan (方案 四(一)6, 四(二)6: 宣传方案)."""

    unit: Code
    line: Line | None = None
    title: Name
    content: Published = ""
    starts: date
    ends: date
    targets: tuple[Code, ...] = ()


class CampaignRevised(CampaignPlanned, type="visits.campaign-revised.v1", title="宣传方案修改"):
    """The plan, whole, before its approval."""


class CampaignApproved(Fact, type="visits.campaign-approved.v1", title="宣传方案批准"):
    """The head approved the plan."""

    note: FreeText = ""


class CampaignFileAdded(Fact, type="visits.campaign-file-added.v1", title="宣传活动资料"):
    """A picture or document that shows what was done, by the digest of the bytes as they are stored and as they were sent."""

    sha256: Code
    original: Reference
    media_type: Code
    size: int


class CampaignLaunched(Fact, type="visits.campaign-launched.v1", title="启动仪式"):
    """The launch ceremony of a department with the enterprises it invited (方案 四(一)6: 启动仪式)."""

    on: date
    place: Name
    invited: tuple[UUID, ...]
    evidence: tuple[Code, ...]
    note: FreeText = ""


class ChannelUsed(Fact, type="visits.channel-used.v1", title="宣传渠道发布"):
    """Something was published."""

    no: int
    channel: Channel
    on: date
    title: Name
    link: Reference = ""
    photo: Code = ""
    reach: int | None = None


class LinkChecked(Fact, type="visits.link-checked.v1", title="链接核查"):
    """Somebody opened the link and says whether it is alive."""

    no: int
    on: date
    alive: bool
    words: FreeText = ""


class MaterialEntered(Fact, type="visits.material-entered.v1", title="宣传资料入库"):
    """A piece of publicity has a place in the library."""

    unit: Code
    kind: MaterialKind
    title: Name


class MaterialVersioned(Fact, type="visits.material-versioned.v1", title="宣传资料新版本"):
    """A version of it: a file under its digest, or a text."""

    no: int
    by: UUID
    text: Published = ""
    sha256: Code = ""
    media_type: Code = ""
    size: int = 0
    note: FreeText = ""


class MaterialApproved(Fact, type="visits.material-approved.v1", title="宣传资料核准"):
    """Somebody else than the uploader approved a version."""

    no: int


class MaterialUsed(Fact, type="visits.material-used.v1", title="宣传资料使用"):
    """An approved version was put to use."""

    no: int
    on: date
    place: Name
    words: FreeText = ""


class MapsDistributed(Fact, type="visits.maps-distributed.v1", title="一图发放"):
    """One-map sheets were handed out on an occasion that is no visit (方案 四(一)6, 四(二)6)."""

    unit: Code
    on: date
    occasion: Occasion
    event: Name
    copies: int
    material: UUID | None = None
    edition: int | None = None


class DistributionWithdrawn(Fact, type="visits.distribution-withdrawn.v1", title="发放记录撤销"):
    """The entry was a mistake."""

    reason: FreeText


class LinkIssued(Fact, type="visits.link-issued.v1", title="企业链接签发"):
    """An enterprise may speak for itself through this link until ``expires_on``, that day included.

    The token is random, sealed here and found again by its SHA-256. ``visitors`` are the members whose visit an answered
    questionnaire is; ``units`` those that answered for the enterprise when the link was issued.
    """

    enterprise: Visited
    purpose: LinkPurpose
    visit: UUID | None = None
    poll: UUID | None = None
    units: tuple[Code, ...] = ()
    visitors: tuple[UUID, ...] = ()
    token: Personal
    token_sha256: Code
    expires_on: date
    on: date
    by: UUID | None = None
    unit: Code = ""
    """Of whoever issued it."""
    at: datetime | None = None


class LinkReissued(Fact, type="visits.link-reissued.v1", title="企业链接换发"):
    """The link has another token and another last day; the token before it is worth nothing any more."""

    token: Personal
    token_sha256: Code
    expires_on: date
    on: date
    by: UUID | None = None
    unit: Code = ""
    at: datetime | None = None


class LinkShown(Fact, type="visits.link-shown.v1", title="企业链接出示"):
    """Somebody drew its code, to show it to the enterprise on site. A code is drawn once."""

    by: UUID
    unit: Code = ""
    at: datetime


class LinkOpened(Fact, type="visits.link-opened.v1", title="企业链接首次打开"):
    """A device opened it first; from now on the link is worth nothing on any other. The device is known by a digest.

    ``staff``: the device had been used with an account before.
    """

    device: Code
    staff: bool = False
    at: datetime


class Came(Part):
    """How a word of the enterprise came about: through which link, who had given it to the enterprise and how, how long
    before, and on what device it was opened.
    """

    link: UUID
    by: UUID | None = None
    unit: Code = ""
    way: LinkWay
    minutes: int | None = None
    device: Code = ""
    staff: bool = False


class LinkRevoked(Fact, type="visits.link-revoked.v1", title="企业链接作废"):
    """The link is worth nothing from now on."""

    reason: FreeText = ""


class InspectionAlleged(Fact, type="visits.inspection-alleged.v1", title="企业反映走访变味"):
    """The enterprise says that a service visit became an inspection (变味; 方案 四(一)3). ``units`` are those that came.

    Who of the enterprise said it is not known and not kept. The words may name people and are sealed.
    """

    enterprise: Visited
    visit: UUID | None = None
    units: tuple[Code, ...] = ()
    words: Personal | None = None
    on: date


class DemandRaised(Fact, type="visits.demand-raised.v1", title="企业自提诉求"):
    """The enterprise itself asks for something; it becomes exactly one ticket at ``unit``."""

    enterprise: Visited
    unit: Code
    content: FreeText
    category: Category = Category.OTHER
    nature: Nature = Nature.HELP
    reporter: Personal | None = None
    phone: Personal | None = None
    on: date


class Option(Part):
    """One answer to choose; ``id`` is what is kept."""

    id: Code
    text: Published


class Question(Part):
    """One question. It is shown only if ``if_question`` was answered with ``if_answer``, where these are given.

    ``least`` and ``most`` bound a number, or how many options are chosen; ``meaning`` says what of the visit it answers.
    """

    id: Code
    text: Published
    kind: QuestionKind
    options: tuple[Option, ...] = ()
    required: bool = False
    least: int | None = None
    most: int | None = None
    if_question: Code = ""
    if_answer: Code = ""
    meaning: Meaning | None = None


class QuestionnaireDefined(Fact, type="visits.questionnaire-defined.v1", title="问卷编制"):
    """A version of the questionnaire, whole; it replaces a draft, never what was published."""

    no: int
    title: Name
    introduction: Published = ""
    questions: tuple[Question, ...]


class QuestionnairePublished(Fact, type="visits.questionnaire-published.v1", title="问卷发布"):
    """From now on polls may ask this version; it never changes any more."""

    no: int


class QuestionnaireRetired(Fact, type="visits.questionnaire-retired.v1", title="问卷停用"):
    """No new poll asks it; those that run go on."""

    reason: FreeText = ""


class PollOpened(Fact, type="visits.poll-opened.v1", title="问卷调查启动"):
    """The enterprises of these units are asked, from one day to another, both included. No units: the whole district."""

    title: Name
    questionnaire: UUID
    no: int
    units: tuple[Code, ...] = ()
    begins_on: date
    ends_on: date


class PollClosed(Fact, type="visits.poll-closed.v1", title="问卷调查结束"):
    """The poll ends before its day."""

    reason: FreeText = ""


class Choice(Part):
    """What was chosen or counted: ids of options, or a number."""

    question: Code
    chosen: tuple[Code, ...] = ()
    number: int | None = None


class Written(Part):
    """What was written: it may name people and is sealed."""

    question: Code
    words: Personal


class AnswersGiven(Fact, type="visits.answers-given.v1", title="企业答卷"):
    """The enterprise answered; its stream is that of the visit which this answer is (``ledgers.md`` §5)."""

    poll: UUID
    link: UUID
    enterprise: Visited
    choices: tuple[Choice, ...] = ()
    written: tuple[Written, ...] = ()
    asked: int
    answered: int
    on: date


class VisitConfirmed(Fact, type="visits.visit-confirmed.v1", title="企业确认走访"):
    """The enterprise itself says that the visit took place: evidence of its own (``ledgers.md`` §5: 企业扫码)."""

    rating: Rating | None = None
    aware: Awareness | None = None
    words: Personal | None = None
    via: Ack = Ack.SCAN
    came: Came | None = None
    doubtful: bool = False
    """It may be the visitor's own word: no evidence and no rating until the enterprise was called."""


class ConfirmationHeard(Fact, type="visits.confirmation-heard.v1", title="企业确认核实"):
    """Somebody outside the unit called the enterprise about a doubtful confirmation: it stands, or it does not."""

    stands: bool
    note: FreeText = ""
    by: UUID


class VisitDenied(Fact, type="visits.visit-denied.v1", title="企业否认走访"):
    """The enterprise says that nobody came: the visit does not count until a reviewer has ruled."""

    words: Personal | None = None


class VisitUpheld(Fact, type="visits.visit-upheld.v1", title="走访属实裁定"):
    """A reviewer found that the denied visit did take place, and why."""

    reason: FreeText


class VisitHeld(VisitRecorded, type="visits.visit-held.v1", title="走访待裁定"):
    """Told offline by somebody who did not answer for the enterprise that day: kept whole, not counted (待裁定)."""

    why: tuple[Said, ...]


class VisitAdmitted(Fact, type="visits.visit-admitted.v1", title="走访裁定采信"):
    """The held telling was let in; the visit as recorded follows it."""

    reason: FreeText


class VisitDismissed(Fact, type="visits.visit-dismissed.v1", title="走访裁定不采信"):
    """The held telling never counts."""

    reason: FreeText


class EvidenceRuled(Fact, type="visits.evidence-ruled.v1", title="印证资料重复裁定"):
    """A person looked at two files of two visits and says whether one was used again."""

    first_visit: UUID
    first: Code
    second_visit: UUID
    second: Code
    distance: int
    reused: bool
    reason: FreeText


class PolicyPublished(Fact, type="visits.policy-published.v1", title="政策入库"):
    """A policy has a place in the library; without industries, sizes or tags it is for everybody."""

    unit: Code
    title: Name
    text: Published = ""
    url: Reference = ""
    document: Reference = ""
    industries: tuple[Code, ...] = ()
    sizes: tuple[Size, ...] = ()
    tags: tuple[Name, ...] = ()
    since: date
    until: date | None = None


class PolicyRetired(Fact, type="visits.policy-retired.v1", title="政策下架"):
    """The policy is suggested to nobody any more."""

    reason: FreeText


class PhotosRequired(Fact, type="visits.photos-required.v1", title="现场走访须附照片"):
    """From this day on a visit on site needs a photo; ``necessity`` says why nothing less will do (国办函〔2026〕12号)."""

    necessity: Published
    since: date


class PhotosWaived(Fact, type="visits.photos-waived.v1", title="现场走访不再须附照片"):
    """A photo is one of several proofs again."""

    reason: FreeText


class ContactsCapped(Fact, type="visits.contacts-capped.v1", title="每月联系次数上限"):
    """How many contacts a month an enterprise is asked to bear over both lines."""

    most: int


class PersonalUnmasked(Unmasked, type="visits.personal-unmasked.v1", title="查看个人信息明文(走访)"):
    """Somebody read personal data in clear: what of whom, why, and never the data themselves (个人信息保护法 第五十一条)."""
