"""The brand as data, the office's contact, and what reached the office by other channels (R03, R60)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.roster.domain.brand import BRAND, KnownBrand, PublishBrand
from services.roster.domain.delivery import DELIVERY, KnownDelivery, RecordDelivery
from services.roster.projections.brand import PLAIN
from services.roster.projections.sealed import sealed
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.entrance import Entrance
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.problems import Unknown
from shared.reach import unit_of
from shared.service import Service
from shared.terms import DeliveryChannel, derived_id

router = APIRouter(tags=["品牌与办公室"], route_class=Entrance)

_KEY = "district"


async def brand_on(service: Service, day: date) -> dict[str, Any]:
    """What is printed on a day: the version in force; before the office publishes any, what the installation was told."""
    row = await service.pool.fetchrow(
        "select * from brand where name = $1 and since <= $2 order by since desc, version desc limit 1", _KEY, day
    )
    if row is None:
        settings = service.settings
        plain = dict.fromkeys(PLAIN, "") | {
            "brand": settings.brand, "lead_office": settings.office_name, "district": settings.district_name,
        }  # fmt: skip
        return {"version": 0, "since": None, **plain, "core": [], "channels": [], "title": settings.brand, "contact": ""}
    return await _told(service, row)


async def _told(service: Service, row: Any) -> dict[str, Any]:
    (contact,) = await service.vault.open([sealed(row["contact"])], Opening.NAMES)
    title = "·".join(part for part in (row["brand"], row["suffix"]) if part)
    return {
        "version": row["version"], "since": row["since"], **{name: row[name] for name in PLAIN}, "title": title,
        "core": orjson.loads(row["core"]), "contact": contact,
        "channels": [{"value": c, "label": DeliveryChannel(c).label} for c in orjson.loads(row["channels"])],
    }  # fmt: skip


@router.get("/brand", name="get_brand", summary="品牌、牵头单位与办公室联系方式")
async def get_brand(_caller: Caller, request: Request, response: Response, on: WrittenDate | None = None) -> dict[str, Any]:
    """As in force on a day. ``title`` is what is printed: with the suffix 毕须办 it reads 贵人服务·毕须办.

    The ETag is that of the versions as a whole: what is to be sent back as If-Match with a new one.
    """
    service: Service = request.app.state.service
    if published := await service.pool.fetchval("select max(version) from brand where name = $1", _KEY):
        response.headers["ETag"] = f'"{published}"'
    return await brand_on(service, on or local_date(service.clock()))


@router.put("/brand", name="publish_brand", summary="发布品牌与办公室名称(新版本)")
async def publish(
    command: PublishBrand, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    """Once there is a version, the one that was read is named (If-Match). What is left out stays as it is on that day."""
    service: Service = request.app.state.service
    known = KnownBrand(unseen=expected is None)
    context = await service.context(caller, derived_id("office-contact", service.settings.district), known)
    done = await service.desk.handle(BRAND, _KEY, command, context, command_id=command_id, expected=expected)
    return {**await service.shown(BRAND, _KEY, done, lambda then: brand_on(then, command.on)), **receipt(service, response, done)}


@router.get("/brand/versions", name="list_brand_versions", summary="品牌的历次版本")
async def versions(_caller: Caller, request: Request) -> dict[str, Any]:
    service: Service = request.app.state.service
    rows = await service.pool.fetch("select * from brand where name = $1 order by version", _KEY)
    return {"items": [await _told(service, row) for row in rows]}


@router.put("/deliveries/{id_}", name="record_delivery", summary="登记其他渠道的报送(加密邮箱、U盘、纸质)", status_code=201)
async def record_delivery(
    id_: UUID, command: RecordDelivery, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    """That a unit's file of a month came, by which channel, and which file it was: its SHA-256."""
    service: Service = request.app.state.service
    rows = await service.pool.fetch("select code from unit where code = $1", command.unit)
    context = await service.context(caller, id_, KnownDelivery({row["code"] for row in rows}))
    key = derived_id("roster", "record-delivery", str(id_))
    done = await service.desk.handle(DELIVERY, id_, command, context, command_id=key)
    response.status_code = 200 if done.replayed else 201
    return {**await service.shown(DELIVERY, id_, done, lambda then: _delivery(then, id_)), **receipt(service, response, done)}


@router.get("/deliveries/{id_}", name="get_delivery", summary="其他渠道的报送")
async def get_delivery(id_: UUID, caller: Caller, request: Request) -> dict[str, Any]:
    found = await _delivery(request.app.state.service, id_)
    unit_of(caller, found["unit"])
    return found


async def _delivery(service: Service, id_: UUID) -> dict[str, Any]:
    row = await service.pool.fetchrow("select * from delivery where id = $1", id_)
    if row is None:
        raise Unknown(what="delivery", id=str(id_))
    return {**dict(row), "channel_label": DeliveryChannel(row["channel"]).label}


@router.get("/deliveries", name="list_deliveries", summary="其他渠道的报送登记簿")
async def deliveries(
    caller: Caller, request: Request, month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$")] = None,
    unit: Annotated[str | None, Query(max_length=20, pattern=r"^[0-9A-Za-z-]*$")] = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    service: Service = request.app.state.service
    where: list[str] = []
    args: list[Any] = []
    for column, value in (("unit", unit_of(caller, unit)), ("month", month)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    return await listing(
        service.pool, table="delivery", columns="id, unit, month, channel, file, sha256, received_on, note", where=where, args=args,
        order=["month", "unit", "received_on", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
