"""Questionnaires and polls: what is asked, who was asked, and how many answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.visits.domain import poll as polls_
from services.visits.domain import questionnaire as questionnaires_
from services.visits.domain.poll import POLL, asks
from services.visits.domain.questionnaire import OFFICE, QUESTIONNAIRE, published
from services.visits.queries import lookups
from services.visits.queries.reading import Actions, EnterpriseId, EnterpriseName, Percent, UnitCode, Version
from shared.events.visits import QuestionnaireDefined
from shared.http.answer import LEFT_OUT, Answer, Page, Receipt
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.known import Assigned, KnownEnterprise
from shared.language.months import local_date
from shared.language.percent import percentage
from shared.language.problems import Unknown
from shared.language.reach import figures_of, unit_of
from shared.language.terms import Line, Meaning, QuestionKind, Standing
from shared.log.directory import enterprises_on, units_on
from shared.log.eventlog import load

_SURVIVING = [str(standing) for standing in Standing if standing.survives]
_WITHOUT_LINK = f"""
with held as (select distinct on (enterprise, line) enterprise, line, unit, sub_unit, worker from known_assignment
    where started_on <= $2 order by enterprise, line, started_on desc)
select e.id, e.code, e.name, e.standing, h.line, h.unit, h.sub_unit, h.worker
from {enterprises_on("$2")} e
join held h on h.enterprise = e.id where e.standing = any($3::text[])
and not exists (select 1 from link l where l.poll = $1 and l.enterprise = e.id)
and ($4::text[] = '{{}}' or exists (select 1 from held u where u.enterprise = e.id and u.unit = any($4::text[])))
order by e.id, h.line
"""
_BY_UNIT = f"""
select u.unit, coalesce(k.name, u.unit) as name, count(*) as sent, count(r.enterprise) as answered
from link l join link_unit u on u.link = l.id left join {units_on("$4")} k on k.code = u.unit
left join (select distinct enterprise from response where poll = $1) r on r.enterprise = l.enterprise
where l.poll = $1 and ($2 or u.unit = $3) group by u.unit, k.name order by u.unit
"""


class AnswerOption(Answer):
    """One answer to choose."""

    id: str = Field(description="选项编号")
    text: str = Field(description="选项文字")


class AskedQuestion(Answer):
    """One question, as the enterprise is asked it."""

    id: str = Field(description="题号")
    text: str = Field(description="题目")
    kind: QuestionKind = Field(description="题型")
    options: list[AnswerOption] = Field(description="选项;不是选择题的为空表")
    required: bool = Field(description="是否必答")
    least: int | None = Field(description="数值下限,或最少选几项;不限的为空")
    most: int | None = Field(description="数值上限,或最多选几项;不限的为空")
    if_question: str = Field(description="仅当这一题……;总要问的为空文")
    if_answer: str = Field(description="……选了这一项时才问;总要问的为空文")


class DefinedQuestion(AskedQuestion):
    """One question with what of the visit it answers."""

    meaning: Meaning | None = Field(description="答案在走访记录中的含义;没有的为空")


class QuestionnaireVersion(Answer):
    """A version of a questionnaire, whole."""

    no: int = Field(description="问卷版本号,从 1 起")
    title: str = Field(description="标题")
    introduction: str = Field(description="卷首语")
    questions: list[DefinedQuestion] = Field(description="题目")


class Questionnaire(Answer):
    """A questionnaire with its versions."""

    id: UUID = Field(description="问卷编号")
    version: Version
    stage: str = Field(description="状态:draft 草稿,published 已发布,retired 已停用")
    draft: QuestionnaireVersion | None = Field(description="待发布的版本;没有的为空")
    published: list[QuestionnaireVersion] = Field(description="已发布的各版本")
    allowed_actions: Actions


class QuestionnaireReceipt(Receipt, Questionnaire):
    """A questionnaire after a command."""


class QuestionnaireRow(Answer):
    """A questionnaire in a list."""

    id: UUID = Field(description="问卷编号")
    version: Version
    title: str = Field(description="标题")
    stage: str = Field(description="状态:draft 草稿,published 已发布,retired 已停用")
    newest: int = Field(description="最新版本号,含草稿")
    published: int | None = Field(description="最新的已发布版本号;没有的为空")
    questions: int = Field(description="最新版本的题目数,道")


class PollReceipt(Receipt):
    """A poll that was opened."""

    id: UUID = Field(description="问卷调查编号")
    title: str = Field(description="标题")
    questionnaire: UUID = Field(description="问卷编号")
    no: int = Field(description="问卷版本号")
    units: list[str] = Field(description="调查哪些单位的企业,单位编码;全区的为空表")
    begins_on: date = Field(description="开始日期")
    ends_on: date = Field(description="结束日期(含当日)")


class ClosedReceipt(Receipt):
    """A poll that was ended."""

    id: UUID = Field(description="问卷调查编号")
    closed: bool = Field(description="是否已提前结束")


class UnitResponse(Answer):
    """How many of a unit's enterprises answered."""

    unit: UnitCode
    name: str = Field(description="单位名称")
    sent: int = Field(description="发放链接,家")
    answered: int = Field(description="已答卷,家")
    rate: Percent


class Poll(Answer):
    """A poll with what came back."""

    model_config = LEFT_OUT

    id: UUID = Field(description="问卷调查编号")
    version: Version
    title: str = Field(description="标题")
    questionnaire: UUID = Field(description="问卷编号")
    no: int = Field(description="问卷版本号")
    begins_on: date = Field(description="开始日期")
    ends_on: date = Field(description="结束日期(含当日)")
    closed: bool = Field(description="是否已提前结束")
    units: list[UnitResponse] = Field(description="各单位的回收情况;看不到全区的只有本单位")
    sent: int | None = Field(None, description="全区发放链接,家;看不到全区的不列")
    answered: int | None = Field(None, description="全区已答卷,家;看不到全区的不列")
    rate: str | None = Field(None, description="全区回收率,百分比,两位小数;看不到全区的不列,未发放的为空")
    allowed_actions: Actions


class PollRow(Answer):
    """A poll in a list."""

    id: UUID = Field(description="问卷调查编号")
    version: Version
    title: str = Field(description="标题")
    questionnaire: UUID = Field(description="问卷编号")
    no: int = Field(description="问卷版本号")
    begins_on: date = Field(description="开始日期")
    ends_on: date = Field(description="结束日期(含当日)")
    closed: bool = Field(description="是否已提前结束")


class UnansweredLink(Answer):
    """An enterprise with a link that has not answered."""

    link: UUID = Field(description="链接编号")
    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    issued_on: date = Field(description="发放日期")
    expires_on: date = Field(description="有效至(含当日)")
    revoked: bool = Field(description="链接是否已停用")


class WithoutWorker(Answer):
    """An enterprise nobody answers for: whose visit would the answer be?"""

    enterprise: EnterpriseId
    name: EnterpriseName


class IssuedLinks(Answer):
    """What handing out came to."""

    issued: int = Field(description="本次发放,家")
    left: int = Field(description="尚未发放,家;再次提交即继续")
    without_worker: list[WithoutWorker] = Field(description="未落实网格员、不能发放的企业,最多 500 家")


class QuestionnaireShown(Answer):
    """What the enterprise is asked."""

    title: str = Field(description="标题")
    introduction: str = Field(description="卷首语")
    open: bool = Field(description="今天是否可以答卷")
    until: date = Field(description="可以答卷至(含当日)")
    questions: list[AskedQuestion] = Field(description="题目")


async def poll_state(service: Service, id_: UUID) -> tuple[int, polls_.Open | polls_.Closed]:
    """Version and state of a poll, from the log."""
    entries = await load(service.pool, POLL.stream(id_))
    state = POLL.fold(entry.fact for entry in entries)
    if isinstance(state, polls_.Unopened):
        raise Unknown(what="poll", id=str(id_))
    return len(entries), state


async def questionnaire_state(service: Service, id_: UUID) -> tuple[int, questionnaires_.State]:
    """Version and state of a questionnaire, from the log."""
    entries = await load(service.pool, QUESTIONNAIRE.stream(id_))
    return len(entries), QUESTIONNAIRE.fold(entry.fact for entry in entries)


async def asked(service: Service, poll: UUID) -> tuple[polls_.Open | polls_.Closed, QuestionnaireDefined]:
    """A poll, and the version it asks."""
    _, state = await poll_state(service, poll)
    _, written = await questionnaire_state(service, state.fact.questionnaire)
    return state, published(written, state.fact.no)


async def shown(service: Service, poll: UUID, today: date) -> QuestionnaireShown:
    """What the enterprise is asked."""
    state, version = await asked(service, poll)
    return QuestionnaireShown(
        title=version.title,
        introduction=version.introduction,
        open=asks(state, today),
        until=state.fact.ends_on,
        questions=[AskedQuestion(**question.model_dump(exclude={"meaning"})) for question in version.questions],
    )


def questionnaire(id_: UUID, version: int, state: questionnaires_.State, caller: Actor) -> Questionnaire:
    """A questionnaire as it stands, with what the caller may do next."""
    if isinstance(state, questionnaires_.Undefined):
        raise Unknown(what="questionnaire", id=str(id_))
    versions, stage = state.versions, type(state).__name__.lower()
    possible = {"draft": ["define", "publish", "retire"], "published": ["define", "retire"], "retired": ["define"]}[stage]
    return Questionnaire(
        id=id_,
        version=version,
        stage=stage,
        draft=QuestionnaireVersion(**versions.draft.model_dump()) if versions.draft else None,
        published=[QuestionnaireVersion(**item.model_dump()) for item in versions.published],
        allowed_actions=possible if caller.holds(*OFFICE) else [],
    )


async def questionnaires(service: Service, cursor: str | None, limit: int) -> Page[QuestionnaireRow]:
    """All of them."""
    page = await listing(
        service.pool,
        table="questionnaire",
        columns="id, ver as version, title, stage, newest, published, questions",
        where=[],
        args=[],
        order=["id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[QuestionnaireRow].of(page, (QuestionnaireRow(**row) for row in page["items"]))


async def units_exist(service: Service, units: Sequence[str]) -> None:
    """All of these, or it is refused."""
    known = await service.pool.fetch("select code from known_unit where code = any($1::text[])", list(units))
    if missing := set(units) - {row["code"] for row in known}:
        raise Unknown(what="unit", id=min(missing))


async def without_link(service: Service, poll: UUID, state: polls_.Open) -> list[KnownEnterprise]:
    """The enterprises in scope that the poll asks and that have no link of it yet, in one order."""
    rows = await service.pool.fetch(_WITHOUT_LINK, poll, local_date(service.clock()), _SURVIVING, list(state.fact.units))
    found: dict[UUID, dict[Line, Assigned]] = {}
    named: dict[UUID, tuple[str, str, Standing]] = {}
    for row in rows:
        found.setdefault(row["id"], {})[Line(row["line"])] = Assigned(row["unit"], row["sub_unit"], row["worker"])
        named[row["id"]] = (row["code"], row["name"], Standing(row["standing"]))
    return [KnownEnterprise(id_, *named[id_], assigned) for id_, assigned in found.items()]


async def poll(service: Service, id_: UUID, caller: Actor) -> Poll:
    """Per unit: how many links were handed out and how many enterprises have answered. A unit sees itself."""
    district = figures_of(caller) is None
    version, state = await poll_state(service, id_)
    rows = await service.pool.fetch(_BY_UNIT, id_, district, caller.unit, local_date(service.clock()))
    sent, answered = await service.pool.fetchrow(
        "select count(*), (select count(distinct enterprise) from response where poll = $1) from link where poll = $1", id_
    )
    closed = isinstance(state, polls_.Closed)
    whole: dict[str, Any] = {"sent": sent, "answered": answered, "rate": percentage(answered, sent)}
    return Poll(
        id=id_,
        version=version,
        **state.fact.model_dump(exclude={"units"}),
        closed=closed,
        units=[UnitResponse(**row, rate=percentage(row["answered"], row["sent"])) for row in rows],
        **(whole if district else {}),
        allowed_actions=["issue", "close"] if caller.holds(*OFFICE) and not closed else [],
    )


async def unanswered(
    service: Service, id_: UUID, caller: Actor, unit: str | None, cursor: str | None, limit: int
) -> Page[UnansweredLink]:
    """Enterprises with a link that have not answered. A unit sees its own."""
    may, unit = await lookups.reach(service, caller), unit_of(caller, unit)
    await poll_state(service, id_)
    where = ["poll = $1", "not exists (select 1 from response r where r.poll = link.poll and r.enterprise = link.enterprise)"]
    args: list[Any] = [id_]
    if unit is not None:
        args.append(unit)
        where.append("id in (select link from link_unit where unit = $2)")
    may.narrowed(where, args, unit="id in (select link from link_unit where unit = {})")
    page = await listing(
        service.pool,
        table="link",
        columns="id as link, enterprise, enterprise_name, issued_on, expires_on, revoked",
        where=where,
        args=args,
        order=["enterprise_name", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[UnansweredLink].of(page, (UnansweredLink(**row) for row in page["items"]))


async def polls(service: Service, cursor: str | None, limit: int) -> Page[PollRow]:
    """All of them."""
    page = await listing(
        service.pool,
        table="poll",
        columns="id, ver as version, title, questionnaire, no, begins_on, ends_on, closed",
        where=[],
        args=[],
        order=["begins_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[PollRow].of(page, (PollRow(**row) for row in page["items"]))
