"""The brand as data, the office's contact, and what reached the office by other channels (R03, R60)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.roster.domain.brand import BRAND, KnownBrand, PublishBrand
from services.roster.domain.delivery import DELIVERY, KnownDelivery, RecordDelivery
from services.roster.queries import brand as asked
from services.roster.queries.brand import Brand, BrandReceipt, BrandVersions, Delivery, DeliveryReceipt, DeliveryTold
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.months import WrittenDate, local_date
from shared.language.reach import unit_of
from shared.language.terms import derived_id

router = APIRouter(tags=["品牌与办公室"], route_class=Entrance)


@router.get("/brand", name="get_brand", summary="品牌、牵头单位与办公室联系方式")
async def get_brand(_caller: Caller, request: Request, response: Response, on: WrittenDate | None = None) -> Brand:
    """As in force on a day. ``title`` is what is printed: with the suffix 毕须办 it reads 贵人服务·毕须办.

    The ETag is that of the versions as a whole: what is to be sent back as If-Match with a new one.
    """
    service: Service = request.app.state.service
    if published := await asked.newest(service):
        response.headers["ETag"] = f'"{published}"'
    return await asked.brand_on(service, on or local_date(service.clock()))


@router.put("/brand", name="publish_brand", summary="发布品牌与办公室名称(新版本)")
async def publish(
    command: PublishBrand, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> BrandReceipt:
    """Once there is a version, the one that was read is named (If-Match). What is left out stays as it is on that day."""
    service: Service = request.app.state.service
    known = KnownBrand(unseen=expected is None)
    context = await service.context(caller, derived_id("office-contact", service.settings.district), known)
    done = await service.desk.handle(BRAND, asked.KEY, command, context, command_id=command_id, expected=expected)
    shown = await service.shown(BRAND, asked.KEY, done, lambda then: asked.brand_on(then, command.on))
    return BrandReceipt.of(receipt(service, response, done), shown)


@router.get("/brand/versions", name="list_brand_versions", summary="品牌的历次版本")
async def versions(_caller: Caller, request: Request) -> BrandVersions:
    return await asked.versions(request.app.state.service)


@router.put("/deliveries/{id_}", name="record_delivery", summary="登记其他渠道的报送(加密邮箱、U盘、纸质)", status_code=201)
async def record_delivery(
    id_: UUID, command: RecordDelivery, caller: Caller, request: Request, response: Response
) -> DeliveryReceipt:
    """That a unit's file of a month came, by which channel, and which file it was: its SHA-256."""
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownDelivery(await asked.units_there(service, command.unit)))
    key = derived_id("roster", "record-delivery", str(id_))
    done = await service.desk.handle(DELIVERY, id_, command, context, command_id=key)
    response.status_code = 200 if done.replayed else 201
    shown = await service.shown(DELIVERY, id_, done, lambda then: asked.delivery(then, id_))
    return DeliveryReceipt.of(receipt(service, response, done), shown)


@router.get("/deliveries/{id_}", name="get_delivery", summary="其他渠道的报送")
async def get_delivery(id_: UUID, caller: Caller, request: Request) -> DeliveryTold:
    found = await asked.delivery(request.app.state.service, id_)
    unit_of(caller, found.unit)
    return found


@router.get("/deliveries", name="list_deliveries", summary="其他渠道的报送登记簿")
async def deliveries(
    caller: Caller,
    request: Request,
    month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$")] = None,
    unit: Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Delivery]:
    return await asked.deliveries(request.app.state.service, caller, month, unit, cursor, limit)
