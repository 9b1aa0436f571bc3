"""What stands in the forms of a ticket: 交办单 (T5), 报请单 (T12, R32), 督办单 (T23)."""

from __future__ import annotations

from services.issues.documents.forms import Form
from services.issues.documents.story import FactT, People, Story
from services.issues.domain.ticket.states import Ticket
from shared.events.issues import (
    Due,
    EscalationApproved,
    EscalationRejected,
    EscalationRequested,
    IssueDispatched,
    IssueSupervised,
    SupervisionAnswered,
)
from shared.language.facts import Fact
from shared.language.problems import Unknown
from shared.language.terms import Level

_ABOVE = {Level.DISTRICT: "区级", Level.CITY: "市级"}


def _footer(item: Story) -> str:
    return f"{item.state.report.no} · 依据截至日志第 {item.cut} 条的记录"


def _due(due: Due) -> str:
    return f"{due.on}({due.derivation};日历 {due.calendar},规则 {due.rule})"


def _matter(state: Ticket) -> list[tuple[str, str]]:
    report, kind = state.report, state.kind
    return [
        ("企业名称", f"{report.enterprise.name}({report.enterprise.code})"),
        ("来源/性质", f"{report.source.label} / {kind.nature.label} / {kind.category.label} / {kind.urgency.label}"),
        ("反映内容", report.content),
    ]


def _issuer(item: Story, fact: Fact, people: People, office: str) -> str:
    """Under whose name it goes out: the unit of whoever did it; the office for what the platform did by itself."""
    unit = item.entry(fact).envelope.get("actorunit", "")
    return people.unit(unit) if unit else office


def dispatch(item: Story, n: int, people: People, office: str) -> Form:
    """交办单: 主办 and 协办 each with their own day, and how the day came about (R30, R42)."""
    order = _nth(item.all(IssueDispatched), n, "dispatch")
    co = [
        (f"协办单位{index}", f"{people.unit(part.unit)}\n协办时限:{_due(part.due)}")
        for index, part in enumerate(order.co_dues, 1)
    ]
    return Form(
        office=_issuer(item, order, people, office),
        title="问题交办单",
        no=f"问题编号 {item.state.report.no}",
        date=f"交办日期 {order.on}",
        rows=[
            *_matter(item.state),
            ("主办单位", people.unit(order.unit)),
            ("责任领导", people.member(order.leader)),
            ("解决措施", order.measures),
            ("办理层级", f"{order.level.label}级"),
            ("主办时限", _due(order.due)),
            *co,
            (
                "办理要求",
                "收到后一个工作日内签收;签收后一个工作日内首次联系企业;不属本单位职责的,一个工作日内书面退回,退回一次为限。",
            ),
            ("签收意见", ""),
        ],
        signers=("交办人", "责任领导", "签收人"),
        footer=_footer(item),
    )


def request(item: Story, n: int, people: People, office: str) -> Form:
    """报请单: what was tried, what is asked for, and room for the opinions of those who decide (R32)."""
    asked = _nth(item.all(EscalationRequested), n, "request")
    decided = _answer(item, asked)
    order = next(it for it in reversed(item.facts[: item.facts.index(asked)]) if isinstance(it, IssueDispatched))
    return Form(
        office=_issuer(item, asked, people, office),
        title="问题提级报请单",
        no=asked.no,
        date=f"报请日期 {asked.on}",
        rows=[
            ("问题编号", item.state.report.no),
            *_matter(item.state),
            ("报请层级", f"提请{_ABOVE[asked.to]}研究解决"),
            ("承办单位", people.unit(order.unit)),
            ("原定措施", order.measures),
            ("已开展的工作", asked.tried),
            ("请求事项", asked.request),
            ("报请人(签发)", people.member(asked.by)),
            ("承办单位意见", ""),
            ("区优化办意见" if asked.to is Level.DISTRICT else "总网格长意见", _decision(decided, people) if decided else ""),
            ("领导批示", ""),
        ],
        signers=("报请单位", "签发人", "接收人"),
        footer=_footer(item),
    )


def slip(item: Story, n: int, people: People, office: str) -> Form:
    """督办单: what is demanded, by when it is answered, and the answer if there is one."""
    slip_ = _nth(item.all(IssueSupervised), n, "slip")
    answer = next((it for it in item.all(SupervisionAnswered) if it.no == slip_.no), None)
    before = item.facts[: item.facts.index(slip_)]
    order = next((it for it in reversed(before) if isinstance(it, IssueDispatched | EscalationApproved)), None)
    unit = order.unit if order else item.state.report.unit
    reply = f"{answer.on} {people.member(answer.by)}:{answer.reply}" if answer else ""
    return Form(
        office=_issuer(item, slip_, people, office),
        title="问题督办单",
        no=slip_.no,
        date=f"签发日期 {slip_.on}",
        rows=[
            ("督办对象", people.unit(unit)),
            ("问题编号", item.state.report.no),
            *_matter(item.state),
            ("督办等级", f"{slip_.colour.label}色督办" if len(slip_.colour.label) == 1 else slip_.colour.label),
            ("责任领导", people.member(order.leader) if order else ""),
            ("办理时限", _due(order.due) if order else "尚未交办"),
            ("督办要求", slip_.words),
            ("回复时限", _due(slip_.reply_due)),
            ("签发", people.member(slip_.by) or "系统到期自动生成"),
            ("回复情况", reply),
        ],
        signers=("督办人", "督办对象负责人"),
        footer=_footer(item),
    )


FORMS = {"dispatch": (dispatch, IssueDispatched), "request": (request, EscalationRequested), "slip": (slip, IssueSupervised)}
TITLES = {"dispatch": "交办单", "request": "报请单", "slip": "督办单"}


def _nth(found: list[FactT], n: int, what: str) -> FactT:
    """The n-th of them, from 1; 0 is the last one."""
    if not found or n > len(found):
        raise Unknown(what=what, id=str(n))
    return found[n - 1]


def _answer(item: Story, asked: EscalationRequested) -> EscalationApproved | EscalationRejected | None:
    """What became of a request."""
    later = item.facts[item.facts.index(asked) + 1 :]
    return next((it for it in later if isinstance(it, EscalationApproved | EscalationRejected)), None)


def _decision(decided: EscalationApproved | EscalationRejected, people: People) -> str:
    who = people.member(decided.by)
    if isinstance(decided, EscalationRejected):
        return f"退回:{decided.directions}\n{who} {decided.on}"
    document = f",文号 {decided.document}" if decided.document else ""
    return (
        f"同意。由{people.unit(decided.unit)}承办,责任领导 {people.member(decided.leader)},办理时限 {decided.due.on}{document}"
        f"\n{who} {decided.on}"
    )
