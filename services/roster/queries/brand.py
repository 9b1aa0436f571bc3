"""The brand as printed on a day, its versions, and what reached the office by other channels."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field

from services.roster.projections.brand import PLAIN
from services.roster.projections.sealed import sealed
from services.roster.queries.parts import Choice, OutOfJson
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.openings import Opening
from shared.language.problems import Unknown
from shared.language.reach import unit_of
from shared.language.terms import DeliveryChannel

KEY = "district"
"""The one stream of the brand."""


class Brand(Answer):
    """What is printed, in one version."""

    version: int = Field(description="版本号,从 1 起;办公室尚未发布的为 0")
    since: date | None = Field(description="生效日期;尚未发布的为空")
    brand: str = Field(description="品牌名称")
    suffix: str = Field(description="品牌后缀,如毕须办")
    slogan: str = Field(description="口号")
    logo: str = Field(description="标志图片的地址")
    lead_office: str = Field(description="牵头单位")
    district: str = Field(description="区县名称")
    city: str = Field(description="市州名称")
    phone: str = Field(description="办公室电话")
    email: str = Field(description="办公室邮箱")
    site: str = Field(description="二维码所用的站点地址")
    note: str = Field(description="备注")
    core: Annotated[list[str], OutOfJson] = Field(description="核心内容,逐条")
    channels: list[Choice] = Field(description="系统之外可用的报送渠道")
    title: str = Field(description="印制时的全称:品牌与后缀")
    contact: str = Field(description="办公室联系人姓名")


class BrandReceipt(Receipt, Brand):
    """A version that was published. ``version`` is how many there are; the text is the one in force on its day."""


class BrandVersions(Answer):
    """Every version."""

    items: list[Brand] = Field(description="历次版本,从早到晚")


class Delivery(Answer):
    """A file that came by another channel."""

    id: UUID = Field(description="登记编号")
    unit: str = Field(description="报送单位编码")
    month: str = Field(description="台账月份 YYYY-MM")
    channel: DeliveryChannel = Field(description="报送渠道")
    file: str = Field(description="文件名")
    sha256: str = Field(description="文件的 SHA-256 摘要,十六进制")
    received_on: date = Field(description="接收日期")
    note: str = Field(description="备注")


class DeliveryTold(Delivery):
    """One, with its channel in words."""

    channel_label: str = label_of("channel")


class DeliveryReceipt(Receipt, DeliveryTold):
    """A delivery that was recorded."""


async def brand_on(service: Service, day: date) -> Brand:
    """What is printed on a day: the version in force; before the office publishes any, what the installation was told."""
    row = await service.pool.fetchrow(
        "select * from brand where name = $1 and since <= $2 order by since desc, version desc limit 1", KEY, day
    )
    if row is None:
        settings = service.settings
        plain = dict.fromkeys(PLAIN, "") | {
            "brand": settings.brand,
            "lead_office": settings.office_name,
            "district": settings.district_name,
        }
        return Brand(version=0, since=None, **plain, core=[], channels=[], title=settings.brand, contact="")
    return await _told(service, row)


async def newest(service: Service) -> int | None:
    """How many versions there are."""
    return await service.pool.fetchval("select max(version) from brand where name = $1", KEY)


async def versions(service: Service) -> BrandVersions:
    """Every version."""
    rows = await service.pool.fetch("select * from brand where name = $1 order by version", KEY)
    return BrandVersions(items=[await _told(service, row) for row in rows])


async def _told(service: Service, row: Any) -> Brand:
    (contact,) = await service.vault.open([sealed(row["contact"])], Opening.NAMES)
    title = "·".join(part for part in (row["brand"], row["suffix"]) if part)
    channels = [Choice(value=value, label=DeliveryChannel(value).label) for value in orjson.loads(row["channels"])]
    plain = {name: row[name] for name in PLAIN}
    return Brand(
        version=row["version"], since=row["since"], **plain, title=title, core=row["core"], contact=contact, channels=channels
    )


async def units_there(service: Service, code: str) -> set[str]:
    """The unit, if there is one of this code."""
    return {row["code"] for row in await service.pool.fetch("select code from unit where code = $1", code)}


async def delivery(service: Service, id_: UUID) -> DeliveryTold:
    """One, whoever asks."""
    row = await service.pool.fetchrow("select * from delivery where id = $1", id_)
    if row is None:
        raise Unknown(what="delivery", id=str(id_))
    return DeliveryTold(**row)


async def deliveries(
    service: Service, caller: Actor, month: str | None, unit: str | None, cursor: str | None, limit: int
) -> Page[Delivery]:
    """Those of a unit and of a month."""
    where: list[str] = []
    args: list[Any] = []
    for column, value in (("unit", unit_of(caller, unit)), ("month", month)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool,
        table="delivery",
        columns="id, unit, month, channel, file, sha256, received_on, note",
        where=where,
        args=args,
        order=["month", "unit", "received_on", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[Delivery].of(page, (Delivery(**item) for item in page["items"]))
