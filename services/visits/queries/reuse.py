"""Files that stand on two visits, the same or alike: shown side by side, for a person to rule on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.visits.domain.access import sees_district
from services.visits.domain.reuse import MOST_DISTANCE, pair_id
from services.visits.domain.visit.states import Recorded
from services.visits.projections import STATES
from services.visits.queries.reading import Digest, EnterpriseName, Original
from shared.http.answer import Answer, Receipt
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.problems import Forbidden, Malformed
from shared.language.terms import Role

_FILES_AT_ONCE = 200
_FILES_A_PAGE = 2_000
"""How many files a page looks at, at the most: it may be short and still have a next one."""
_MOST_ALIKE = 20
"""Of each file: whoever photographs the same form every day need not be told a thousand times."""

_MINE = """
select f.visit, f.sha256, f.original, f.phash from visit_file f
where f.live and f.month = $1 and ($2 or exists (select from visit_unit u where u.visit = f.visit and u.unit = $3))
and (f.visit, f.sha256) > ($4, $5) order by f.visit, f.sha256 limit $6
"""
_PAIRS = """
select m.visit as one, m.sha256 as one_sha256, near.* from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
    as m (visit, sha256, original, phash) cross join lateral (
    select visit, sha256, min(distance) as distance from (
        (select o.visit, o.sha256, 0 from visit_file o
         where o.sha256 = m.sha256 and o.visit <> m.visit and o.live order by o.visit, o.sha256 limit $6)
        union all
        (select o.visit, o.sha256, 0 from visit_file o
         where o.original = m.original and m.original <> '' and o.visit <> m.visit and o.live
         order by o.visit, o.sha256 limit $6)
        union all
        (select o.visit, o.sha256, bit_count(('x' || m.phash)::bit(64) # ('x' || o.phash)::bit(64))::int
         from visit_file_band b cross join lateral (
             select c.visit, c.sha256 from visit_file_band c
             where c.band = b.band and c.visit <> b.visit order by c.visit, c.sha256 limit 5 * $6) c
         join visit_file o on o.visit = c.visit and o.sha256 = c.sha256 and o.live
         where m.phash <> '' and b.visit = m.visit and b.sha256 = m.sha256
         and bit_count(('x' || m.phash)::bit(64) # ('x' || o.phash)::bit(64)) <= $5)
    ) alike (visit, sha256, distance) group by visit, sha256 order by distance, visit, sha256 limit $6) near
"""

_File = tuple[UUID, str]


@dataclass(frozen=True)
class _Pair:
    one: _File
    other: _File
    distance: int

    @property
    def id(self) -> UUID:
        return pair_id(self.one, self.other)


class ReusedFile(Answer):
    """One of two files, with the visit it stands on."""

    visit: UUID = Field(description="走访编号")
    sha256: Digest
    original: Original
    on: date = Field(description="走访日期")
    enterprise_name: EnterpriseName
    units: list[str] = Field(description="走访人员的单位编码")
    captured_at: datetime | None = Field(description="照片自带的拍摄时间;没有的为空")
    uploaded_at: datetime | None = Field(description="上传时间;早年未记的为空")
    uploader: UUID | None = Field(description="上传人的人员编号;早年未记的为空")
    kind_label: str = Field(description="印证资料种类的中文名称")
    href: str = Field(description="下载地址")


class ReusedPair(Answer):
    """Two files of two visits."""

    first: ReusedFile = Field(description="一份")
    second: ReusedFile = Field(description="另一份")
    distance: int = Field(description="差异,64 位中不同的位数;0 为相同")
    exact: bool = Field(description="是否为同一文件")
    ruled: bool = Field(description="是否已认定")
    reused: bool | None = Field(description="认定是否重复使用;未认定的为空")
    reason: str | None = Field(description="认定理由;未认定的为空")


class ReusedPairs(Answer):
    """A page of them; how many there are altogether nobody knows before having looked at every file."""

    items: list[ReusedPair] = Field(description="本页各对")
    next_cursor: str | None = Field(description="下一页的翻页标记(作为 cursor 参数);没有下一页的为空")


class EvidenceRuling(Receipt):
    """What a person said of two files."""

    id: UUID = Field(description="认定编号")
    first_visit: UUID = Field(description="一份所在的走访编号")
    first: str = Field(description="一份所存内容的 SHA-256")
    second_visit: UUID = Field(description="另一份所在的走访编号")
    second: str = Field(description="另一份所存内容的 SHA-256")
    distance: int = Field(description="差异,64 位中不同的位数;0 为相同")
    reused: bool = Field(description="认定是否重复使用")
    reason: str = Field(description="认定理由")


async def reused(service: Service, caller: Actor, month: str, cursor: str | None, limit: int, *, ruled: bool) -> ReusedPairs:
    """Pairs of which one stands in the month: equal bytes (distance 0) or pictures alike (six bits of 64 or fewer).

    Of each file the twenty that are most alike; a pair whose files both stand in the month may be told on two pages.
    """
    if not sees_district(caller) and not caller.holds(Role.HEAD, Role.DEPUTY, Role.SUPERVISOR):
        raise Forbidden
    pairs, last = await _page(service, caller, month, _after(cursor), limit, ruled=ruled)
    ids = {visit for pair, _ in pairs for visit, _ in (pair.one, pair.other)}
    rows = await service.pool.fetch("select id, state from visit where id = any($1)", list(ids))
    visits = {row["id"]: STATES.read(row["state"]) for row in rows}
    items = [_pair(_side(pair.one, visits), _side(pair.other, visits), pair.distance, said) for pair, said in pairs]
    return ReusedPairs(items=items, next_cursor=f"{last[0]}/{last[1]}" if last else None)


def _side(file: _File, visits: Mapping[UUID, Recorded]) -> ReusedFile:
    visit, sha256 = file
    details = visits[visit].details
    item = next(item for item in details.evidence if item.sha256 == sha256)
    return ReusedFile(
        visit=visit,
        sha256=sha256,
        original=item.original,
        on=details.told.on,
        enterprise_name=details.told.enterprise.name,
        units=sorted(details.units),
        captured_at=item.captured_at,
        uploaded_at=item.uploaded_at,
        uploader=item.uploader,
        kind_label=item.kind.label,
        href=f"/api/visits/visits/{visit}/evidence/{sha256}",
    )


def _pair(first: ReusedFile, second: ReusedFile, distance: int, said: Any) -> ReusedPair:
    return ReusedPair(
        first=first,
        second=second,
        distance=distance,
        exact=first.sha256 == second.sha256 or first.original == second.original,
        ruled=said is not None,
        reused=said["reused"] if said else None,
        reason=said["reason"] if said else None,
    )


async def _page(
    service: Service, caller: Actor, month: str, after: _File, limit: int, *, ruled: bool
) -> tuple[list[tuple[_Pair, Any]], _File | None]:
    """Pairs with what was said of them, from the files behind ``after`` on, and the last file looked at if there are more."""
    found: dict[UUID, tuple[_Pair, Any]] = {}
    for _ in range(_FILES_A_PAGE // _FILES_AT_ONCE):
        files = await service.pool.fetch(_MINE, month, sees_district(caller), caller.unit, *after, _FILES_AT_ONCE)
        columns = [[row[name] for row in files] for name in ("visit", "sha256", "original", "phash")]
        rows = await service.pool.fetch(_PAIRS, *columns, MOST_DISTANCE, _MOST_ALIKE)
        pairs = [_Pair((r["one"], r["one_sha256"]), (r["visit"], r["sha256"]), r["distance"]) for r in rows]
        said = {
            row["id"]: row
            for row in await service.pool.fetch("select * from evidence_ruling where id = any($1::uuid[])", [p.id for p in pairs])
        }
        for pair in sorted(pairs, key=lambda pair: (pair.distance, pair.one, pair.other)):
            if ruled or pair.id not in said:
                found.setdefault(pair.id, (pair, said.get(pair.id)))
        if len(files) < _FILES_AT_ONCE:
            return list(found.values()), None
        after = (files[-1]["visit"], files[-1]["sha256"])
        if len(found) >= limit:
            break
    return list(found.values()), after


def _after(cursor: str | None) -> _File:
    try:
        visit, sha256 = (cursor or f"{UUID(int=0)}/").split("/")
        return UUID(visit), sha256
    except ValueError:
        raise Malformed(errors=[{"pointer": "/query/cursor", "code": "cursor", "title": "翻页标记无效"}]) from None
