"""A visit as people read it: codes with their words, personal data masked, and what the reader may do next."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.visits.domain.briefing import changes
from services.visits.domain.ratings import by_itself
from services.visits.domain.visit.counting import rule_of
from services.visits.domain.visit.permissions import allowed_actions, may_hear
from services.visits.domain.visit.states import Held, Recorded, VisitDetails, counts
from services.visits.domain.visit.wording import smells_of
from services.visits.projections import flags
from services.visits.queries import lookups
from services.visits.queries.reading import Actions, Bytes, Digest, MediaType, MonthText, Original, UnitCode, Version
from shared.http.answer import Answer, Receipt, label_of
from shared.http.public import ticket_of_demand
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.freetext import opened
from shared.language.openings import Opening
from shared.language.reach import DISTRICT, OFFICE
from shared.language.terms import (
    Ack,
    Awareness,
    Category,
    EvidenceKind,
    Line,
    Mode,
    Nature,
    Operation,
    Rating,
    Review,
    Role,
    Trend,
    Urgency,
    VisitFlag,
)


class VisitedEnterprise(Answer):
    """The enterprise as it was called on the day of the visit."""

    id: UUID = Field(description="企业编号")
    code: str = Field(description="统一社会信用代码")
    name: str = Field(description="企业名称")


class VisitingPerson(Answer):
    """Who came."""

    member: UUID = Field(description="人员编号")
    unit: UnitCode
    sub_unit: str | None = Field(description="分支机构或村(社区)的单位编码;没有的为空")
    line: Line | None = Field(description="网格线;两条线以外的为空")
    role: Role = Field(description="走访当日的角色")


class VisitDemand(Answer):
    """One thing the enterprise asks for."""

    no: int = Field(description="诉求序号")
    content: str = Field(description="诉求内容")
    category: Category = Field(description="诉求类别")
    nature: Nature = Field(description="诉求性质")
    urgency: Urgency = Field(description="紧急程度")


class VisitConfirmation(Answer):
    """The enterprise says that somebody came."""

    rating: Rating | None = Field(description="企业评价;未评价的,或读者不能看到的,为空")
    aware: Awareness | None = Field(description="知晓程度;未答的为空")
    via: Ack = Field(description="确认方式")
    words: str = Field(description="企业留言;没有或读者不能看到的为空文")
    doubtful: bool = Field(description="是否须回访核实")
    heard: bool | None = Field(description="回访核实结果:是否属实;未核实的为空")


class VisitDenial(Answer):
    """The enterprise says that nobody came."""

    words: str = Field(description="企业留言;没有或读者不能看到的为空文")
    upheld: str | None = Field(description="裁定走访属实的理由;未裁定的为空")


class RaisedFlag(Answer):
    """What a reviewer should look at."""

    flag: VisitFlag = Field(description="提示代码")
    label: str = Field(description="提示的中文名称")


class SmellFound(Answer):
    """A word of enforcement, where it stands."""

    word: str = Field(description="词")
    at: int = Field(description="在文中的位置,第几个字,从 0 起")
    context: str = Field(description="上下文")


class VisitFile(Answer):
    """A file that proves the visit."""

    sha256: Digest
    kind: EvidenceKind = Field(description="印证资料种类")
    kind_label: str = label_of("kind")
    media_type: MediaType
    size: Bytes
    captured_at: datetime | None = Field(description="照片自带的拍摄时间;没有的为空")
    original: Original
    phash: str | None = Field(description="图片的 64 位感知哈希(十六进制);不是图片的为空")
    uploaded_at: datetime | None = Field(description="上传时间;早年未记的为空")
    uploader: UUID | None = Field(description="上传人的人员编号;早年未记的为空")
    href: str = Field(description="下载地址")


class VisitTicket(Answer):
    """Where the ticket of a demand is found; it opens a moment after the visit was told (R17, R29)."""

    demand: int = Field(description="诉求序号")
    id: UUID = Field(description="问题编号")
    href: str = Field(description="问题详情的地址")


class Visit(Answer):
    """A visit, whole."""

    id: UUID = Field(description="走访编号")
    version: Version
    month: MonthText
    enterprise: VisitedEnterprise = Field(description="走访企业")
    on: date = Field(description="走访日期")
    mode: Mode = Field(description="走访方式")
    mode_label: str = label_of("mode")
    met: bool = Field(description="是否见到(接通)企业人员")
    connected_seconds: int | None = Field(description="接通时长,秒;未记的为空")
    visitors: list[VisitingPerson] = Field(description="走访人员")
    lines: list[Line] = Field(description="走访所属的网格线")
    joint: bool = Field(description="是否两条线联合走访")
    interviewee: str | None = Field(description="受访人姓名,已脱敏;未填的为空")
    title: str = Field(description="受访人职务")
    phone: str | None = Field(description="受访人电话,已脱敏;未填的为空")
    operation: Operation = Field(description="生产经营状况")
    operation_label: str = label_of("operation")
    note: str = Field(description="生产经营情况说明")
    headcount: int | None = Field(description="用工人数,人;未填的为空")
    revenue_trend: Trend = Field(description="营业收入趋势")
    difficulties: str = Field(description="企业反映的困难")
    suggestions: str = Field(description="企业提出的建议")
    demands: list[VisitDemand] = Field(description="企业诉求")
    policies: list[str] = Field(description="宣讲的政策")
    policy_ids: list[UUID] | None = Field(description="其中取自政策库的编号;没有的为空")
    onemap_given: int = Field(description="发放一张图,份")
    aware: Awareness = Field(description="企业知晓程度(走访人员所记)")
    satisfaction: Rating | None = Field(description="企业满意度;未记的,或读者不能看到的,为空")
    ack: Ack = Field(description="企业确认方式")
    answered_required: int | None = Field(description="问卷必答题已答数,道;不是问卷的为空")
    asked_required: int | None = Field(description="问卷必答题数,道;不是问卷的为空")
    late_entry: bool = Field(description="是否补录(走访次日以后登记)")
    claimed_at: datetime | None = Field(description="离线填写时设备的时间;在线填写的为空")
    skew_hours: int | None = Field(description="设备时间与收到时间相差,小时;不超过一天的为空")
    remark: str = Field(description="备注")
    entered_by: UUID | None = Field(description="代为登记者的人员编号;本人登记的为空")
    photo_required: bool | None = Field(description="是否须有现场图片;未要求的为空")
    review: Review = Field(description="审核状态")
    review_label: str = label_of("review")
    review_words: str = Field(description="审核意见、退回或作废的理由、待裁定的原因")
    counted: bool = Field(description="是否计数")
    rule: str = Field(description="计数规则的版本")
    missing: list[str] = Field(description="计数尚缺什么")
    proof_label: str = Field(description="印证状况的中文名称")
    confirmed: VisitConfirmation | None = Field(description="企业的确认;没有的为空")
    denied: VisitDenial | None = Field(description="企业的否认;没有的为空")
    flags: list[RaisedFlag] = Field(description="需人工查看的提示")
    smells: dict[str, list[SmellFound]] = Field(description="疑似检查用语,以所在栏目为键")
    changes: list[str] = Field(description="与上次走访相比的变化")
    evidence: list[VisitFile] = Field(description="印证资料")
    tickets: list[VisitTicket] = Field(description="各诉求所成的问题")
    allowed_actions: Actions


class VisitReceipt(Receipt, Visit):
    """A visit after a command."""


class EvidenceReceipt(VisitReceipt):
    """A visit after a file came to it."""

    sha256: Digest
    original: Original


async def visit(service: Service, id_: UUID, version: int, state: Recorded, caller: Actor) -> Visit:
    """A visit as it stands. How the enterprise itself rated it is not for the visited unit (K7)."""
    told, details, district = state.details.told, state.details, caller.holds(*DISTRICT)
    interviewee, phone = await service.vault.masked([told.interviewee, told.phone])
    smelt = smells_of(await opened(service.vault, told))
    units = await lookups.responsible(service, told.enterprise.id) if isinstance(state, Held) else frozenset[str]()
    last = await lookups.last_visit(service, told.enterprise.id, told.on, id_)
    confirmed, denied = await _said(service, details, caller)
    content = told.model_dump(exclude={"interviewee", "phone", "wording"})
    if by_itself(told) and not district:
        content["satisfaction"] = None
    return Visit(
        id=id_,
        version=version,
        month=f"{told.on:%Y-%m}",
        **content,
        interviewee=interviewee,
        phone=phone,
        review=state.review,
        review_words=state.words,
        counted=counts(state),
        rule=rule_of(told),
        missing=list(details.missing or ()),
        proof_label="已补证" if details.missing == () else "待补证",
        lines=sorted({visitor.line for visitor in told.visitors if visitor.line is not None}),
        confirmed=confirmed,
        denied=denied,
        flags=[RaisedFlag(flag=flag, label=flag.label) for flag in flags(state)],
        smells={name: [SmellFound(**vars(smell)) for smell in found] for name, found in smelt.items()},
        changes=list(changes(last, told)),
        evidence=_files(id_, details),
        tickets=[_ticket(id_, demand.no) for demand in told.demands] if not isinstance(state, Held) else [],
        allowed_actions=allowed_actions(state, caller, units),
    )


async def _said(service: Service, details: VisitDetails, caller: Actor) -> tuple[VisitConfirmation | None, VisitDenial | None]:
    """What the enterprise said of it. Its words may blame the visitor: who reviews reads them, who is spoken of does not."""
    confirmed, denied = details.confirmed, details.denied
    praised, blamed = await service.vault.open([confirmed and confirmed.words, denied and denied.words], Opening.READ)
    if not (may_hear(details, caller) or caller.holds(Role.INSPECTOR, *OFFICE)):
        praised = blamed = ""
    return (
        VisitConfirmation(
            rating=confirmed.rating if caller.holds(*DISTRICT) else None,
            aware=confirmed.aware,
            via=confirmed.via,
            words=praised or "",
            doubtful=confirmed.doubtful,
            heard=details.heard.stands if details.heard else None,
        )
        if confirmed
        else None,
        VisitDenial(words=blamed or "", upheld=details.upheld) if denied else None,
    )


def _files(id_: UUID, details: VisitDetails) -> list[VisitFile]:
    return [VisitFile(**item.model_dump(), href=f"/api/visits/visits/{id_}/evidence/{item.sha256}") for item in details.evidence]


def _ticket(visit: UUID, demand: int) -> VisitTicket:
    key = ticket_of_demand(visit, demand)
    return VisitTicket(demand=demand, id=key, href=f"/api/issues/issues/{key}")
