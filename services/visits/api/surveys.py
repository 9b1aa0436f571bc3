"""Independent surveys of 知晓率 (K8), and the self-reported series beside them, never mixed (R07, kpi §6)."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated, Any, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from services.visits.domain.survey import (
    MOST_SAMPLED,
    SURVEY,
    AnswerOf,
    AnswerSurvey,
    CloseSurvey,
    DrawSurvey,
    KnownPopulation,
    State,
    SurveyAlreadyDrawn,
    Undrawn,
    may_survey,
)
from services.visits.queries import surveys as asked
from services.visits.queries.surveys import BothSeries, ImportReceipt, Survey, SurveyReceipt, SurveyRow, SurveySample
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import local_date
from shared.language.problems import KeyReused, Malformed, Unknown
from shared.language.terms import SurveyAnswer, derived_id
from shared.log.handle import Done
from shared.paper.foreign.reading import Limits
from shared.paper.foreign.tables import Sheet, Tables
from shared.paper.foreign.uploads import received

router = APIRouter(tags=["知晓率调查"], route_class=Entrance)

SurveyId = Annotated[UUID, Path(description="调查编号(UUIDv7,由客户端生成)")]
MonthQuery = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]

_LARGEST = 2 * 1024 * 1024
_LIMITS = Limits(memory=1 << 30, processor=30, seconds=60)
_COLUMNS = ("统一社会信用代码", "回答", "日期")
_ANSWERS = {word: answer for answer in SurveyAnswer for word in (answer.label, answer.value)}


def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> SurveyReceipt:
    if isinstance(done.state, Undrawn):
        raise Unknown(what="survey", id=str(id_))
    return SurveyReceipt.of(receipt(service, response, done), asked.survey(id_, done.version, done.state, caller))


@router.put("/surveys/{id_}", name="draw_survey", summary="抽样调查:分层随机抽样", status_code=201)
async def draw(id_: SurveyId, command: DrawSurvey, caller: Caller, request: Request, response: Response) -> SurveyReceipt:
    """Draws from the enterprises in scope now. Seed, digest of the population and position in the roster's log are kept, so
    that an auditor draws the same sample.
    """
    service: Service = request.app.state.service
    may_survey(caller)
    population, position = await asked.population(service, local_date(service.clock()))
    known = KnownPopulation(population, position, secrets.token_hex(16))
    try:
        done = await service.desk.handle(
            SURVEY,
            id_,
            command,
            await service.context(caller, id_, known),
            command_id=derived_id("visits", "draw-survey", str(id_)),
        )
    except KeyReused:
        raise SurveyAlreadyDrawn(survey=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return _answer(service, response, id_, done, caller)


@router.post("/surveys/{id_}/answer", name="answer_survey", summary="录入调查回答")
async def answer(
    id_: SurveyId, command: AnswerSurvey, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> SurveyReceipt:
    """Enterprises of the sample alone; the same answers again change nothing."""
    return await _receipt(id_, command, caller, command_id, request, response)


_FILE = {"schema": {"type": "string", "format": "binary", "maxLength": _LARGEST}}
_BODY = {"requestBody": {"required": True, "content": {"text/csv": _FILE, "application/octet-stream": _FILE}}}


@router.post(
    "/surveys/{id_}/answers/import", name="import_survey_answers", summary="导入调查回答(CSV 或 XLSX)", openapi_extra=_BODY
)
async def import_(id_: SurveyId, caller: Caller, command_id: CommandId, request: Request, response: Response) -> ImportReceipt:
    """Columns 统一社会信用代码, 回答, 日期; UTF-8 or GB 18030, XLSX or XLS. A mistake in any line is told with its number, and nothing is taken."""
    may_survey(caller)
    upload = await received(request, _LARGEST)
    try:
        answers, remarks = await asyncio.to_thread(read_answers, upload.file)
    finally:
        upload.close()
    done = await _receipt(id_, AnswerSurvey(answers=tuple(answers)), caller, command_id, request, response)
    return ImportReceipt(**dict(done), imported=len(answers), remarks=remarks)


def read_answers(file: BinaryIO) -> tuple[list[AnswerOf], list[str]]:
    """The answers of every visible sheet and what to know of how they were read, or a refusal that names every line in the way,
    and every sheet that is hidden.
    """
    errors: list[dict[str, Any]] = []
    answers: list[AnswerOf] = []
    remarks: list[str] = []
    sheet = Sheet()
    with Tables(file, words=_COLUMNS, limits=_LIMITS, strict=True) as tables:
        for item in tables:
            if isinstance(item, Sheet):
                sheet = item
                remarks += () if item.hidden else item.notes
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
    return answers, remarks


@router.post("/surveys/{id_}/close", name="close_survey", summary="结束调查")
async def close(
    id_: SurveyId, command: CloseSurvey, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> SurveyReceipt:
    return await _receipt(id_, command, caller, command_id, request, response)


async def _receipt(
    id_: UUID, command: AnswerSurvey | CloseSurvey, caller: Actor, command_id: UUID, request: Request, response: Response
) -> SurveyReceipt:
    service: Service = request.app.state.service
    may_survey(caller)
    done = await service.desk.handle(SURVEY, id_, command, await service.context(caller, id_), command_id=command_id)
    return _answer(service, response, id_, done, caller)


@router.get("/surveys", name="list_surveys", summary="调查查询")
async def surveys(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[SurveyRow]:
    """Every sample that was ever drawn: one that was thrown away would be seen here."""
    return await asked.surveys(request.app.state.service, caller, cursor, limit)


@router.get("/surveys/{id_}", name="get_survey", summary="调查结果")
async def get(id_: SurveyId, caller: Caller, request: Request, response: Response) -> Survey:
    asked.may_read(caller)
    version, state = await asked.found(request.app.state.service, id_)
    response.headers["ETag"] = f'"{version}"'
    return asked.survey(id_, version, state, caller)


@router.get("/surveys/{id_}/sample", name="get_survey_sample", summary="样本名单")
async def sample(id_: SurveyId, caller: Caller, request: Request) -> SurveySample:
    """Whom to ask, with what has been answered so far."""
    return await asked.sample(request.app.state.service, caller, id_)


@router.get("/awareness", name="get_awareness", summary="知晓率:独立抽样与走访自报并列")
async def awareness(
    month: MonthQuery,
    caller: Caller,
    request: Request,
    survey: Annotated[UUID | None, Query(description="调查编号,默认最近一次")] = None,
) -> BothSeries:
    """Two series, side by side and never mixed: what a sample said, and what visitors noted (the latest answer of each
    enterprise in the month; those not asked are left out).
    """
    return await asked.both_series(request.app.state.service, caller, month, survey)
