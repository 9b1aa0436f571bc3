"""The library of publicity with its versions, and the one-map sheets: where they went, and what is known there."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from services.visits.domain.material import Shelved, allowed_actions
from services.visits.projections.materials import STATES
from services.visits.queries.awareness import Share, of_units, shares
from services.visits.queries.reading import Actions, Bytes, MediaType, MonthText, UnitCode, Version, filters, kept
from shared.http.answer import Answer, Page, Receipt, label_of
from shared.http.paging import listing
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.reach import unit_of
from shared.language.terms import MaterialKind, Occasion

_GIVEN = """
select first_unit as unit, sum(onemap_given) as copies, count(*) as times from visit
where month = $1 and review not in ('voided', 'held') and onemap_given > 0 and ($2::text is null or first_unit = $2)
group by first_unit
"""
"""A joint visit's sheets are its first visitor's: nothing is counted twice."""


class MaterialVersion(Answer):
    """A version: a text, or a file."""

    no: int = Field(description="版本号,从 1 起")
    by: UUID = Field(description="上传人的人员编号")
    text: str = Field(description="文字内容;文件版本为空文")
    sha256: str = Field(description="文件所存内容的 SHA-256;文字版本为空文")
    media_type: MediaType
    size: Bytes
    note: str = Field(description="说明")
    approved: bool = Field(description="是否已审定")
    href: str | None = Field(description="下载地址;文字版本为空")


class MaterialUse(Answer):
    """An approved version was put to use."""

    no: int = Field(description="所用版本号")
    on: date = Field(description="使用日期")
    place: str = Field(description="使用场合")
    words: str = Field(description="说明")


class Material(Answer):
    """A piece of publicity, whole."""

    id: UUID = Field(description="素材编号")
    version: Version
    unit: UnitCode
    kind: MaterialKind = Field(description="素材种类")
    kind_label: str = label_of("kind")
    title: str = Field(description="标题")
    current: int | None = Field(description="最新的已审定版本号;尚无的为空")
    versions: list[MaterialVersion] = Field(description="各版本")
    uses: list[MaterialUse] = Field(description="使用记录")
    allowed_actions: Actions


class MaterialReceipt(Receipt, Material):
    """A piece of publicity after a command."""


class MaterialFileReceipt(MaterialReceipt):
    """A piece of publicity after a file came to it."""

    sha256: str = Field(description="所存文件内容的 SHA-256(小写十六进制)")
    original: str = Field(description="上传时文件内容的 SHA-256")


class MaterialRow(Answer):
    """A piece of publicity in a list."""

    id: UUID = Field(description="素材编号")
    version: Version
    unit: UnitCode
    kind: MaterialKind = Field(description="素材种类")
    kind_label: str = label_of("kind")
    title: str = Field(description="标题")
    versions: int = Field(description="版本数")
    current: int | None = Field(description="最新的已审定版本号;尚无的为空")
    uses: int = Field(description="使用次数")


class DistributionReceipt(Receipt):
    """Sheets that were handed out, as told."""

    id: UUID = Field(description="发放编号")
    unit: UnitCode
    on: date = Field(description="发放日期")
    occasion: Occasion = Field(description="发放场合")
    occasion_label: str = label_of("occasion")
    event: str = Field(description="活动名称")
    copies: int = Field(description="发放数,份")
    material: UUID | None = Field(description="所发一张图的素材编号;未指明的为空")
    edition: int | None = Field(description="所发一张图的版本号;未指明的为空")


class WithdrawalReceipt(Receipt):
    """An entry that was a mistake."""

    id: UUID = Field(description="发放编号")
    valid: bool = Field(description="发放登记是否有效")


class DistributionRow(Answer):
    """Sheets that were handed out, in a list."""

    id: UUID = Field(description="发放编号")
    version: Version
    unit: UnitCode
    on: date = Field(description="发放日期")
    occasion: Occasion = Field(description="发放场合")
    occasion_label: str = label_of("occasion")
    event: str = Field(description="活动名称")
    copies: int = Field(description="发放数,份")
    material: UUID | None = Field(description="所发一张图的素材编号;未指明的为空")
    edition: int | None = Field(description="所发一张图的版本号;未指明的为空")
    valid: bool = Field(description="发放登记是否有效;撤回的为否")


class UnitDistribution(Answer):
    """What a unit handed out in a month."""

    unit: UnitCode
    on_visits: int = Field(description="走访时发放数,份")
    visits: int = Field(description="发放了的走访次数")
    on_occasions: int = Field(description="其他场合发放数,份")
    occasions: dict[Occasion, int] = Field(description="其他场合各自的发放数,份,以场合代码为键;没有的不列")
    total: int = Field(description="发放数合计,份")
    self_reported_awareness: Share = Field(description="走访自报知晓率")


class Distribution(Page[UnitDistribution]):
    """What was handed out in a month by unit; ``total`` is the copies of all of them."""

    total: int = Field(description="发放数合计,份")
    month: MonthText
    unit: str | None = Field(description="所问单位编码;全区的为空")
    note: str = Field(description="说明")


def material(id_: UUID, version: int, state: Shelved, caller: Actor) -> Material:
    """A piece of publicity as it stands, with what the caller may do next."""
    return Material(
        id=id_,
        version=version,
        **state.told.model_dump(),
        current=state.current,
        versions=[
            MaterialVersion(
                **item.model_dump(),
                approved=item.no in state.approved,
                href=f"/api/visits/materials/{id_}/versions/{item.no}/file" if item.sha256 else None,
            )
            for item in state.versions
        ],
        uses=[MaterialUse(**item.model_dump()) for item in state.uses],
        allowed_actions=allowed_actions(state, caller),
    )


async def found(service: Service, id_: UUID) -> tuple[int, Shelved]:
    """Version and state of a piece."""
    version, text = await kept(service, "material", id_)
    return version, STATES.read(text)


async def materials(
    service: Service, kind: MaterialKind | None, unit: str | None, cursor: str | None, limit: int
) -> Page[MaterialRow]:
    """The library, by kind and unit."""
    where, args = filters(kind=kind and str(kind), unit=unit)
    page = await listing(
        service.pool,
        table="material",
        columns="id, ver as version, unit, kind, title, versions, current, uses",
        where=where,
        args=args,
        order=["title", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[MaterialRow].of(page, (MaterialRow(**row) for row in page["items"]))


async def distributions(
    service: Service, caller: Actor, unit: str | None, month: str | None, cursor: str | None, limit: int
) -> Page[DistributionRow]:
    """What was handed out on occasions that are no visits."""
    where, args = filters(unit=unit_of(caller, unit), month=month)
    page = await listing(
        service.pool,
        table="distribution",
        columns='id, ver as version, unit, on_date as "on", occasion, event, copies, material, edition, valid',
        where=where,
        args=args,
        order=["on_date", "id"],
        cursor=cursor,
        limit=limit,
    )
    return Page[DistributionRow].of(page, (DistributionRow(**row) for row in page["items"]))


async def distribution(service: Service, caller: Actor, month: str, unit: str | None) -> Distribution:
    """Sheets handed out on visits and on other occasions, by unit, and beside them what visitors heard of the brand there."""
    seen = unit_of(caller, unit)
    visits = {row["unit"]: (int(row["copies"]), row["times"]) for row in await service.pool.fetch(_GIVEN, month, seen)}
    known = await of_units(service, month, seen)
    events: dict[str, dict[Occasion, int]] = {}
    for row in await service.pool.fetch(
        "select unit, occasion, sum(copies) as copies from distribution "
        "where month = $1 and valid and ($2::text is null or unit = $2) group by unit, occasion",
        month,
        seen,
    ):
        events.setdefault(row["unit"], {})[Occasion(row["occasion"])] = row["copies"]
    items: list[UnitDistribution] = []
    for code in sorted({*visits, *known, *events}):
        copies, times = visits.get(code, (0, 0))
        elsewhere = events.get(code, {})
        items.append(
            UnitDistribution(
                unit=code,
                on_visits=copies,
                visits=times,
                on_occasions=sum(elsewhere.values()),
                occasions=elsewhere,
                total=copies + sum(elsewhere.values()),
                self_reported_awareness=shares(known.get(code, {}))["aware"],
            )
        )
    return Distribution(
        items=items,
        next_cursor=None,
        total=sum(item.total for item in items),
        month=month,
        unit=seen,
        note="发放数与知晓率(走访自报)仅并列展示,不表示因果关系",
    )
