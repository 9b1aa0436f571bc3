"""Independent surveys of 知晓率 (K8), and the self-reported series beside them, never mixed (R07, kpi §6)."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated, Any, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from services.visits.api.awareness import of_district, shares
from services.visits.api.reading import kept
from services.visits.domain.sampling import Estimate, Member
from services.visits.domain.survey import (
    MOST_SAMPLED,
    SURVEY,
    AnswerOf,
    AnswerSurvey,
    CloseSurvey,
    Drawn,
    DrawSurvey,
    State,
    SurveyAlreadyDrawn,
    Undrawn,
    may_survey,
    result,
    sample_of,
)
from services.visits.projections.surveys import read
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.decider import Actor
from shared.directory import enterprises_on
from shared.entrance import Entrance
from shared.foreign.reading import Limits
from shared.foreign.tables import Sheet, Tables
from shared.foreign.uploads import received
from shared.handle import Done
from shared.months import local_date
from shared.percent import percentage
from shared.problems import Forbidden, KeyReused, Malformed, Unknown
from shared.reach import DISTRICT
from shared.service import Service
from shared.terms import Role, Standing, SurveyAnswer, derived_id

router = APIRouter(tags=["知晓率调查"], route_class=Entrance)

SurveyId = Annotated[UUID, Path(description="调查编号(UUIDv7,由客户端生成)")]
MonthQuery = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]

_POPULATION = f"""
select a.unit as township, coalesce(e.size, '') as size, e.code
from {enterprises_on("$1")} e join lateral (
    select unit from known_assignment where enterprise = e.id and line = 'horizontal' and started_on <= $1
    order by started_on desc limit 1) a on true
where e.standing = any($2::text[]) and e.code like '91%' and not e.managed_elsewhere
"""
_LARGEST = 2 * 1024 * 1024
_LIMITS = Limits(memory=1 << 30, processor=30, seconds=60)
_COLUMNS = ("统一社会信用代码", "回答", "日期")
_ANSWERS = {word: answer for answer in SurveyAnswer for word in (answer.label, answer.value)}


def _seen(estimate: Estimate | None) -> dict[str, Any] | None:
    return estimate and {"pct": estimate.pct, "ci95": [estimate.low, estimate.high]}


def _shown(id_: UUID, version: int, state: Drawn, caller: Actor) -> dict[str, Any]:
    drawn, found = state.drawn, result(state)
    actions = ["answer", "close"] if not state.closed and caller.holds(Role.OFFICE, Role.OFFICE_HEAD) else []
    return {
        "id": id_, "version": version, "title": drawn.title, "conductor": drawn.conductor, "conductor_label": drawn.conductor.label,
        "agency": drawn.agency, "on": drawn.on, "closed": state.closed, "allowed_actions": actions,
        "method": drawn.method, "seed": drawn.seed, "population": drawn.population, "population_sha256": drawn.population_sha256,
        "roster_position": drawn.roster_position, "sample_size": found.sampled,
        "strata": [
            {"township": item.township, "size": item.size, "population": item.population, "sample": len(item.sample)}
            for item in drawn.strata
        ],
        "result": {
            "aware": _seen(found.aware), "understood": _seen(found.understood), "valid": found.valid, "asked": found.asked,
            "response": {"n": found.valid, "d": found.sampled, "pct": percentage(found.valid, found.sampled)},
            "counts": {answer.value: {"label": answer.label, "n": n} for answer, n in found.counts.items()},
            "strata_joined": found.joined,
            "note": "知晓率按层加权;拒答、未联系上不计入分母,有效回收率单列;无有效回答的层并入相邻层",
        },
    }  # fmt: skip


async def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> dict[str, Any]:
    if isinstance(done.state, Undrawn):
        raise Unknown(what="survey", id=str(id_))
    return {**receipt(service, response, done), **_shown(id_, done.version, done.state, caller)}


@router.put("/surveys/{id_}", name="draw_survey", summary="抽样调查:分层随机抽样", status_code=201)
async def draw(id_: SurveyId, command: DrawSurvey, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """Draws from the enterprises in scope now. Seed, digest of the population and position in the roster's log are kept, so
    that an auditor draws the same sample.
    """
    service: Service = request.app.state.service
    may_survey(caller)
    context = await service.context(caller, id_)
    async with service.pool.acquire(timeout=10) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        scope = [str(standing) for standing in Standing if standing.survives]
        rows = await connection.fetch(_POPULATION, context.today, scope)
        position = await connection.fetchval("select pos from cursor where name = 'directory'")
    population = [Member(row["township"], row["size"], row["code"]) for row in rows]
    known = {"population": population, "position": position or 0, "seed": secrets.token_hex(16)}
    try:
        done = await service.desk.handle(
            SURVEY, id_, command, await service.context(caller, id_, **known),
            command_id=derived_id("visits", "draw-survey", str(id_)),
        )  # fmt: skip
    except KeyReused:
        raise SurveyAlreadyDrawn(survey=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return await _answer(service, response, id_, done, caller)


@router.post("/surveys/{id_}/answer", name="answer_survey", summary="录入调查回答")
async def answer(
    id_: SurveyId, command: AnswerSurvey, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """Enterprises of the sample alone; the same answers again change nothing."""
    return await _told(id_, command, caller, command_id, request, response)


_FILE = {"schema": {"type": "string", "format": "binary", "maxLength": _LARGEST}}
_BODY = {"requestBody": {"required": True, "content": {"text/csv": _FILE, "application/octet-stream": _FILE}}}


@router.post(
    "/surveys/{id_}/answers/import", name="import_survey_answers", summary="导入调查回答(CSV 或 XLSX)", openapi_extra=_BODY
)
async def import_(id_: SurveyId, caller: Caller, command_id: CommandId, request: Request, response: Response) -> dict[str, Any]:
    """Columns 统一社会信用代码, 回答, 日期; UTF-8 or GB 18030, XLSX or XLS. A mistake in any line is told with its number, and nothing is taken."""
    may_survey(caller)
    upload = await received(request, _LARGEST)
    try:
        answers = await asyncio.to_thread(_read, upload.file)
    finally:
        upload.close()
    done = await _told(id_, AnswerSurvey(answers=tuple(answers)), caller, command_id, request, response)
    return {**done, "imported": len(answers)}


def _read(file: BinaryIO) -> list[AnswerOf]:
    """The answers of every visible sheet, or a refusal that names every line in the way, and every sheet that is hidden."""
    errors: list[dict[str, Any]] = []
    answers: list[AnswerOf] = []
    sheet = Sheet()
    with Tables(file, words=_COLUMNS, limits=_LIMITS, strict=True) as tables:
        for item in tables:
            if isinstance(item, Sheet):
                sheet = item
                if item.hidden and item.rows:
                    errors.append({"pointer": "/body", "code": "sheet", "title": f"工作表“{item.name}”是隐藏的,请取消隐藏或删除"})
                continue
            cells = [cell.strip() for cell in item.cells[:3]] + [""] * (3 - len(item.cells))
            if not any(cells) or cells[0] == _COLUMNS[0]:
                continue
            try:
                said = _ANSWERS.get(cells[1], cells[1])
                answers.append(AnswerOf.model_validate({"code": cells[0], "answer": said, "on": cells[2]}))
            except ValidationError:
                where = f"工作表“{sheet.name}”第{item.line}行" if sheet.name else f"第{item.line}行"
                title = f"{where}无法识别:代码、回答或日期(YYYY-MM-DD)有误"
                errors.append({"pointer": f"/body/{item.line}", "code": "row", "title": title})
            if len(answers) > MOST_SAMPLED:
                break
    if errors or not answers or len(answers) > MOST_SAMPLED:
        raise Malformed(errors=errors[:100] or [{"pointer": "/body", "code": "count", "title": f"应为1至{MOST_SAMPLED}行"}])
    return answers


@router.post("/surveys/{id_}/close", name="close_survey", summary="结束调查")
async def close(
    id_: SurveyId, command: CloseSurvey, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    return await _told(id_, command, caller, command_id, request, response)


async def _told(
    id_: UUID, command: AnswerSurvey | CloseSurvey, caller: Actor, command_id: UUID, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    may_survey(caller)
    done = await service.desk.handle(SURVEY, id_, command, await service.context(caller, id_), command_id=command_id)
    return await _answer(service, response, id_, done, caller)


def _reads(caller: Actor) -> None:
    """The district's readers: results are the district's, and who was drawn is no unit's business."""
    if not caller.holds(*DISTRICT):
        raise Forbidden


@router.get("/surveys", name="list_surveys", summary="调查查询")
async def surveys(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Every sample that was ever drawn: one that was thrown away would be seen here."""
    _reads(caller)
    service: Service = request.app.state.service
    return await listing(
        service.pool, table="survey",
        columns='id, ver as version, title, conductor, agency, on_date as "on", population, sampled, answered, closed',
        where=[], args=[], order=["on_date", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip


@router.get("/surveys/{id_}", name="get_survey", summary="调查结果")
async def get(id_: SurveyId, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    _reads(caller)
    service: Service = request.app.state.service
    version, text = await kept(service, "survey", id_)
    response.headers["ETag"] = f'"{version}"'
    return _shown(id_, version, read(text), caller)


@router.get("/surveys/{id_}/sample", name="get_survey_sample", summary="样本名单")
async def sample(id_: SurveyId, caller: Caller, request: Request) -> dict[str, Any]:
    """Whom to ask, with what has been answered so far."""
    _reads(caller)
    service: Service = request.app.state.service
    _, text = await kept(service, "survey", id_)
    state = read(text)
    drawn = sample_of(state.drawn)
    names = dict(
        await service.pool.fetch(
            f"select code, name from {enterprises_on('$2')} e where code = any($1)",
            [code for *_, code in drawn],
            local_date(service.clock()),
        )
    )
    items = [
        {
            "township": township, "size": size, "code": code, "name": names.get(code),
            "answer": state.answers[code].answer if code in state.answers else None,
        }
        for township, size, code in drawn
    ]  # fmt: skip
    return {"id": id_, "items": items, "next_cursor": None, "total": len(items)}


@router.get("/awareness", name="get_awareness", summary="知晓率:独立抽样与走访自报并列")
async def awareness(
    month: MonthQuery,
    caller: Caller,
    request: Request,
    survey: Annotated[UUID | None, Query(description="调查编号,默认最近一次")] = None,
) -> dict[str, Any]:
    """Two series, side by side and never mixed: what a sample said, and what visitors noted (the latest answer of each
    enterprise in the month; those not asked are left out).
    """
    _reads(caller)
    service: Service = request.app.state.service
    chosen = survey or await service.pool.fetchval("select id from survey order by on_date desc, id desc limit 1")
    independent = None
    if chosen is not None:
        version, text = await kept(service, "survey", chosen)
        independent = _shown(chosen, version, read(text), caller)
        independent.pop("strata")
    return {"month": month, "independent": independent, "self_reported": await _self_reported(service, month),
            "note": "两个序列口径不同,不得合并计算"}  # fmt: skip


async def _self_reported(service: Service, month: str) -> dict[str, Any]:
    counts = await of_district(service, month)
    told = {answer.value: {"label": answer.label, "n": n} for answer, n in sorted(counts.items())}
    return {**shares(counts), "counts": told}
