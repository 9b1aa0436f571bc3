"""Independent surveys of 知晓率 (K8), and the self-reported series beside them, never mixed (R07, kpi §6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.visits.domain.sampling import Member
from services.visits.domain.survey import Drawn, Result, result, sample_of
from services.visits.projections.surveys import STATES
from services.visits.queries.awareness import LabelledCount, SelfReported, Share, self_reported, share
from services.visits.queries.reading import Actions, MonthText, Version, kept
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.estimate import Estimate
from shared.language.months import local_date
from shared.language.problems import Forbidden
from shared.language.reach import DISTRICT, OFFICE
from shared.language.terms import Conductor, Standing, SurveyAnswer
from shared.log.directory import enterprises_on

_POPULATION = f"""
select a.unit as township, coalesce(e.size, '') as size, e.code
from {enterprises_on("$1")} e join lateral (
    select unit from known_assignment where enterprise = e.id and line = 'horizontal' and started_on <= $1
    order by started_on desc limit 1) a on true
where e.standing = any($2::text[]) and e.code like '91%' and not e.managed_elsewhere
"""


class SurveyStratum(Answer):
    """A stratum: township and size."""

    township: str = Field(description="乡镇(街道)单位编码")
    size: str = Field(description="企业规模;未知的为空文")
    population: int = Field(description="总体数,家")
    sample: int = Field(description="样本数,家")


class SurveyEstimate(Answer):
    """A weighted share with its interval."""

    pct: str = Field(description="加权百分比,两位小数,不含百分号")
    ci95: list[str] = Field(min_length=2, max_length=2, description="95% 置信区间(下限、上限,百分比)")


class SurveyResult(Answer):
    """K8 of one survey, and what it rests on."""

    aware: SurveyEstimate | None = Field(description="知晓率:知晓内涵与听说过的;没有有效回答的为空")
    understood: SurveyEstimate | None = Field(description="知晓率(严):知晓内涵的;没有有效回答的为空")
    valid: int = Field(description="有效回答,家")
    asked: int = Field(description="已询问,家")
    response: Share = Field(description="有效回收率:有效回答除以样本")
    counts: dict[SurveyAnswer, LabelledCount] = Field(description="各回答的家数,以回答代码为键")
    strata_joined: int = Field(description="因有效回答过少而并入相邻层的层数")
    note: str = Field(description="口径说明")


class SurveyCore(Answer):
    """A survey without its strata."""

    id: UUID = Field(description="调查编号")
    version: Version
    title: str = Field(description="标题")
    conductor: Conductor = Field(description="组织方")
    conductor_label: str = label_of("conductor")
    agency: str = Field(description="第三方机构名称;没有的为空文")
    on: date = Field(description="抽样日期")
    closed: bool = Field(description="调查是否已结束")
    allowed_actions: Actions
    method: str = Field(description="抽样方法")
    seed: str = Field(description="随机种子(十六进制)")
    population: int = Field(description="总体数,家")
    population_sha256: str = Field(description="总体名单的 SHA-256")
    roster_position: int = Field(description="抽样时读到的名册日志位置")
    sample_size: int = Field(description="样本数,家")
    result: SurveyResult = Field(description="调查结果")


class Survey(SurveyCore):
    """A survey, whole."""

    strata: list[SurveyStratum] = Field(description="各层")


class SurveyReceipt(Receipt, Survey):
    """A survey after a command."""


class ImportReceipt(SurveyReceipt):
    """A survey after a file of answers."""

    imported: int = Field(description="文件中的回答数,行")
    remarks: list[str] = Field(description="对文件的提示:被隐藏或筛选掉而一并读取的行、纵向合并的单元格")


class SurveyRow(Answer):
    """A survey in a list."""

    id: UUID = Field(description="调查编号")
    version: Version
    title: str = Field(description="标题")
    conductor: Conductor = Field(description="组织方")
    conductor_label: str = label_of("conductor")
    agency: str = Field(description="第三方机构名称;没有的为空文")
    on: date = Field(description="抽样日期")
    population: int = Field(description="总体数,家")
    sampled: int = Field(description="样本数,家")
    answered: int = Field(description="已录入回答,家")
    closed: bool = Field(description="调查是否已结束")


class Sampled(Answer):
    """An enterprise of the sample."""

    township: str = Field(description="乡镇(街道)单位编码")
    size: str = Field(description="企业规模;未知的为空文")
    code: str = Field(description="统一社会信用代码")
    name: str | None = Field(description="企业名称;企业库中已没有的为空")
    answer: SurveyAnswer | None = Field(description="已录入的回答;未录入的为空")
    answer_label: str | None = label_of("answer")


class SurveySample(Page[Sampled]):
    """Whom to ask."""

    id: UUID = Field(description="调查编号")


class BothSeries(Answer):
    """知晓率, twice: what a sample said, and what visitors noted."""

    month: MonthText
    independent: SurveyCore | None = Field(description="独立抽样调查;尚无调查的为空")
    self_reported: SelfReported = Field(description="走访自报")
    note: str = Field(description="口径说明")


def may_read(caller: Actor) -> None:
    """The district's readers: results are the district's, and who was drawn is no unit's business."""
    if not caller.holds(*DISTRICT):
        raise Forbidden


async def population(service: Service, on: date) -> tuple[Sequence[Member], int]:
    """The enterprises in scope, and the position of the roster's log they were read at."""
    async with service.pool.acquire(timeout=10) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        scope = [str(standing) for standing in Standing if standing.survives]
        rows = await connection.fetch(_POPULATION, on, scope)
        position = await connection.fetchval("select pos from cursor where name = 'directory'")
    return [Member(row["township"], row["size"], row["code"]) for row in rows], position or 0


def survey(id_: UUID, version: int, state: Drawn, caller: Actor) -> Survey:
    """A survey as it stands, with what the caller may do next."""
    strata = [
        SurveyStratum(township=item.township, size=item.size, population=item.population, sample=len(item.sample))
        for item in state.drawn.strata
    ]
    return Survey(**_core(id_, version, state, caller), strata=strata)


def _core(id_: UUID, version: int, state: Drawn, caller: Actor) -> dict[str, Any]:
    found = result(state)
    actions = ["answer", "close"] if not state.closed and caller.holds(*OFFICE) else []
    return {
        "id": id_,
        "version": version,
        **state.drawn.model_dump(exclude={"strata"}),
        "closed": state.closed,
        "allowed_actions": actions,
        "sample_size": found.sampled,
        "result": _result(found),
    }


def _result(found: Result) -> SurveyResult:
    return SurveyResult(
        aware=_estimate(found.aware),
        understood=_estimate(found.understood),
        valid=found.valid,
        asked=found.asked,
        response=share(found.valid, found.sampled),
        counts={answer: LabelledCount(label=answer.label, n=n) for answer, n in found.counts.items()},
        strata_joined=found.joined,
        note="知晓率按层加权;拒答、未联系上不计入分母,有效回收率单列;无有效回答的层并入相邻层",
    )


def _estimate(found: Estimate | None) -> SurveyEstimate | None:
    return SurveyEstimate(pct=found.pct, ci95=[found.low, found.high]) if found else None


async def found(service: Service, id_: UUID) -> tuple[int, Drawn]:
    """Version and state of a survey."""
    version, text = await kept(service, "survey", id_)
    return version, STATES.read(text)


async def surveys(service: Service, caller: Actor, cursor: str | None, limit: int) -> Page[SurveyRow]:
    """Every sample that was ever drawn: one that was thrown away would be seen here."""
    may_read(caller)
    page = await listing(
        service.pool,
        table="survey",
        columns='id, ver as version, title, conductor, agency, on_date as "on", population, sampled, answered, closed',
        where=[],
        args=[],
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[SurveyRow].of(page, (SurveyRow(**row) for row in page["items"]))


async def sample(service: Service, caller: Actor, id_: UUID) -> SurveySample:
    """Whom to ask, with what has been answered so far."""
    may_read(caller)
    _, state = await found(service, id_)
    drawn = sample_of(state.drawn)
    statement = f"select code, name from {enterprises_on('$2')} e where code = any($1)"
    names = dict(await service.pool.fetch(statement, [code for *_, code in drawn], local_date(service.clock())))
    rows = [
        Sampled(
            township=township,
            size=size,
            code=code,
            name=names.get(code),
            answer=state.answers[code].answer if code in state.answers else None,
        )
        for township, size, code in drawn
    ]
    return SurveySample.whole(rows, id=id_)


async def both_series(service: Service, caller: Actor, month: str, chosen: UUID | None) -> BothSeries:
    """A survey, by default the latest, beside what visitors noted in the month (the latest answer of each enterprise; those
    not asked are left out).
    """
    may_read(caller)
    chosen = chosen or await service.pool.fetchval("select id from survey order by on_date desc, id desc limit 1")
    independent = None
    if chosen is not None:
        version, state = await found(service, chosen)
        independent = SurveyCore(**_core(chosen, version, state, caller))
    return BothSeries(
        month=month,
        independent=independent,
        self_reported=await self_reported(service, month),
        note="两个序列口径不同,不得合并计算",
    )
