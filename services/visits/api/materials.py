"""The library of publicity with its versions, and the one-map sheets: where they went, and what is known there (R35, R36)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.visits.api.publicity import BODY, FILE, Kept, download, keep
from services.visits.domain.distribution import (
    DISTRIBUTION,
    DistributeMaps,
    DistributionAlreadyTold,
    KnownEditions,
    Untold,
    WithdrawDistribution,
    may_distribute,
)
from services.visits.domain.material import (
    MATERIAL,
    AddVersion,
    ApproveVersion,
    EnterMaterial,
    MaterialAlreadyEntered,
    Shelved,
    State,
    UseVersion,
    may_keep,
)
from services.visits.queries import materials as asked
from services.visits.queries.materials import (
    Distribution,
    DistributionReceipt,
    DistributionRow,
    Material,
    MaterialFileReceipt,
    MaterialReceipt,
    MaterialRow,
    WithdrawalReceipt,
)
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import KeyReused, Unknown
from shared.language.reach import reads
from shared.language.terms import MaterialKind, derived_id
from shared.log.handle import Done

router = APIRouter(tags=["宣传素材"], route_class=Entrance)

MaterialId = Annotated[UUID, Path(description="素材编号(UUIDv7,由客户端生成)")]
DistributionId = Annotated[UUID, Path(description="发放编号(UUIDv7,由客户端生成)")]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="文件内容的 SHA-256(小写十六进制)")]
UnitQuery = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", description="单位编码")]
MonthQuery = Annotated[str, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]
OptionalMonth = Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="月份 YYYY-MM")]


def _reads(caller: Actor) -> None:
    """The library is the district's: whoever has business with publicity reads it."""
    reads(caller)


def _answer(service: Service, response: Response, id_: UUID, done: Done[State], caller: Actor) -> MaterialReceipt:
    if not isinstance(done.state, Shelved):
        raise Unknown(what="material", id=str(id_))
    return MaterialReceipt.of(receipt(service, response, done), asked.material(id_, done.version, done.state, caller))


async def _receipt(
    id_: UUID,
    command: AddVersion | ApproveVersion | UseVersion,
    caller: Actor,
    command_id: UUID,
    expected: int | None,
    request: Request,
    response: Response,
) -> MaterialReceipt:
    service: Service = request.app.state.service
    _reads(caller)
    done = await service.desk.handle(
        MATERIAL, id_, command, await service.context(caller, id_), command_id=command_id, expected=expected
    )
    return _answer(service, response, id_, done, caller)


@router.put("/materials/{id_}", name="enter_material", summary="登记宣传素材", status_code=201)
async def enter(id_: MaterialId, command: EnterMaterial, caller: Caller, request: Request, response: Response) -> MaterialReceipt:
    service: Service = request.app.state.service
    may_keep(command.unit, caller)
    try:
        done = await service.desk.handle(
            MATERIAL,
            id_,
            command,
            await service.context(caller, id_),
            command_id=derived_id("visits", "enter-material", str(id_)),
        )
    except KeyReused:
        raise MaterialAlreadyEntered(material=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return _answer(service, response, id_, done, caller)


@router.post("/materials/{id_}/add-version", name="add_version", summary="增加文字版本")
async def add(
    id_: MaterialId,
    command: AddVersion,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MaterialReceipt:
    """A text. A file is sent to ``versions/{sha256}``: what is not stored here is no version."""
    if command.sha256 is not None:
        raise Unknown(what="file", id=command.sha256)
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.put(
    "/materials/{id_}/versions/{sha256}", name="add_file_version", summary="上传文件版本", status_code=201, openapi_extra=BODY
)
async def add_file(
    id_: MaterialId,
    sha256: Digest,
    caller: Caller,
    request: Request,
    response: Response,
    note: Annotated[str, Query(max_length=500, description="说明")] = "",
) -> MaterialFileReceipt:
    """The file itself is the body: an image, a PDF, a recording, or a short video (MP4, 20 MB at the most)."""
    service: Service = request.app.state.service
    _, state = await asked.found(service, id_)
    context = await service.context(caller, id_)
    may_keep(state.told.unit, caller)

    def adding(file: Kept) -> AddVersion:
        return AddVersion(text="", sha256=file.sha256, media_type=file.media_type, size=file.size, note=note.replace("\x00", ""))

    stored = await keep(service, request, sha256, lambda file: MATERIAL.decide(state, adding(file), context), videos=True)
    command_id = derived_id("visits", "file", str(id_), stored.sha256)
    done = await service.desk.handle(MATERIAL, id_, adding(stored), context, command_id=command_id)
    response.status_code = 200 if done.replayed else 201
    return MaterialFileReceipt(**dict(_answer(service, response, id_, done, caller)), sha256=stored.sha256, original=sha256)


@router.get(
    "/materials/{id_}/versions/{no}/file",
    name="get_material_file",
    summary="下载素材文件",
    response_class=Response,
    responses=FILE,
)
async def get_file(
    id_: MaterialId, no: Annotated[int, Path(ge=1, le=100, description="版本号")], caller: Caller, request: Request
) -> Response:
    service: Service = request.app.state.service
    _reads(caller)
    _, state = await asked.found(service, id_)
    found = next((item for item in state.versions if item.no == no and item.sha256), None)
    if found is None:
        raise Unknown(what="file", id=no)
    return await download(service, found.sha256, found.media_type)


@router.post("/materials/{id_}/approve", name="approve_version", summary="审定素材版本")
async def approve(
    id_: MaterialId,
    command: ApproveVersion,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MaterialReceipt:
    """By somebody else than the uploader."""
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.post("/materials/{id_}/use", name="use_version", summary="登记素材使用")
async def use(
    id_: MaterialId,
    command: UseVersion,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MaterialReceipt:
    return await _receipt(id_, command, caller, command_id, expected, request, response)


@router.get("/materials/{id_}", name="get_material", summary="素材详情")
async def get(id_: MaterialId, caller: Caller, request: Request, response: Response) -> Material:
    service: Service = request.app.state.service
    _reads(caller)
    version, state = await asked.found(service, id_)
    response.headers["ETag"] = f'"{version}"'
    return asked.material(id_, version, state, caller)


@router.get("/materials", name="list_materials", summary="素材库")
async def materials(
    caller: Caller,
    request: Request,
    kind: MaterialKind | None = None,
    unit: UnitQuery = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[MaterialRow]:
    service: Service = request.app.state.service
    _reads(caller)
    return await asked.materials(service, kind, unit, cursor, limit)


@router.put("/distributions/{id_}", name="distribute_maps", summary="登记一张图发放(走访以外)", status_code=201)
async def distribute(
    id_: DistributionId, command: DistributeMaps, caller: Caller, request: Request, response: Response
) -> DistributionReceipt:
    """On an occasion that is no visit; what was handed out on visits is counted from the visits."""
    service: Service = request.app.state.service
    may_distribute(command.unit, caller)
    editions: frozenset[int] = frozenset()
    if command.material is not None:
        _, one = await asked.found(service, command.material)
        editions = one.approved if one.told.kind is MaterialKind.ONE_MAP else editions
    try:
        done = await service.desk.handle(
            DISTRIBUTION,
            id_,
            command,
            await service.context(caller, id_, KnownEditions(editions)),
            command_id=derived_id("visits", "distribute-maps", str(id_)),
        )
    except KeyReused:
        raise DistributionAlreadyTold(distribution=str(id_)) from None
    response.status_code = 200 if done.replayed else 201
    return DistributionReceipt.of(receipt(service, response, done), id=id_, **command.model_dump())


@router.post("/distributions/{id_}/withdraw", name="withdraw_distribution", summary="撤回发放登记")
async def withdraw(
    id_: DistributionId,
    command: WithdrawDistribution,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> WithdrawalReceipt:
    service: Service = request.app.state.service
    done = await service.desk.handle(
        DISTRIBUTION, id_, command, await service.context(caller, id_), command_id=command_id, expected=expected
    )
    if isinstance(done.state, Untold):
        raise Unknown(what="distribution", id=str(id_))
    return WithdrawalReceipt.of(receipt(service, response, done), id=id_, valid=done.state.valid)


@router.get("/distributions", name="list_distributions", summary="发放记录(走访以外)")
async def distributions(
    caller: Caller,
    request: Request,
    unit: UnitQuery = None,
    month: OptionalMonth = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DistributionRow]:
    return await asked.distributions(request.app.state.service, caller, unit, month, cursor, limit)


@router.get("/distribution", name="count_distribution", summary="一张图发放数与知晓率(并列)")
async def distribution(month: MonthQuery, caller: Caller, request: Request, unit: UnitQuery = None) -> Distribution:
    """Sheets handed out on visits and on other occasions, by unit, and beside them what visitors heard of the brand there."""
    return await asked.distribution(request.app.state.service, caller, month, unit)
