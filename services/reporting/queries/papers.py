"""The workbook people print: the ledger with the names of its persons, numbers of enterprises' people masked."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from services.reporting.documents.columns import UNKNOWN
from services.reporting.documents.workbook import write_workbook
from services.reporting.domain.month import filed_of
from services.reporting.queries.editions import Edition, shown, signer, stamp
from services.reporting.queries.question import Asked
from shared.http.service import Service
from shared.language.freetext import opened
from shared.language.months import Month
from shared.language.openings import Opening
from shared.language.personal import Personal


@dataclass(frozen=True)
class Paper:
    """A file and what it is called."""

    content: bytes
    name: str

    @property
    def headers(self) -> dict[str, str]:
        """How a browser learns its name."""
        return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(self.name)}"}


async def workbook(question: Asked, unit: str, month: str, show: Edition | None) -> Paper:
    """附件3, 月度汇总, 明细; 报送后变更 where there is any."""
    question.must_see(unit)
    found = await shown(question, unit, month, show)
    filed = filed_of(found.told.state)
    people = [filed.submitter if filed else None, signer(found.told)]
    grid, _ = await question.reader.grid(question.cut)
    known = {f"member:{id_}": member.name for id_ in people if id_ and (member := grid.members.get(id_)) and member.name}
    names = await _names(question.service, {**known, **found.sealed})
    filed_by, signed_by = (names.get(f"member:{id_}", UNKNOWN) if id_ else "" for id_ in people)
    said = await question.reader.brand(question.cut, Month.parse(month).last_day.isoformat())
    settings = question.service.settings
    brand = "·".join(filter(None, (said.brand, said.suffix))) if said else settings.brand
    head = stamp(found, filed_by, signed_by, said.district if said else settings.district_name, brand)
    out = io.BytesIO()
    item, since, head = await opened(question.service.vault, (found.item, found.since, head))
    await asyncio.to_thread(write_workbook, item, names, out, head, since=since)
    return Paper(out.getvalue(), f"{found.item.header.get('unit_name', unit)}{month}走访服务企业台账.xlsx")


async def _names(service: Service, sealed: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """What stands for the tokens of a ledger: members by name, people of enterprises masked."""
    ours = [token for token in sealed if token.startswith("member:")]
    theirs = [token for token in sealed if not token.startswith("member:")]
    names = await service.vault.open([Personal.read(sealed[token]) for token in ours], Opening.NAMES)
    hidden = await service.vault.masked([Personal.read(sealed[token]) for token in theirs])
    return dict(zip((*ours, *theirs), (*names, *hidden), strict=True))
