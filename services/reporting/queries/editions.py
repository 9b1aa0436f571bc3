"""Which ledger is shown: the one that was filed, unless somebody asks for another.

What was filed is a paper: as it was filed it is shown, whatever came later, and what came later stands beside it. Never
filed, it is a draft. An instant (``as_of``) or ``show=now`` asks what is known, and that is no paper.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.reporting.archive import Cut
from services.reporting.documents.workbook import DRAFT, OTHERWISE, RETURNED, SIGNED, UNSIGNED, Stamp
from services.reporting.domain.changes import Changes, changes
from services.reporting.domain.ledger import Ledger
from services.reporting.domain.month import MONTH, Filed, Returned, Signed, filed_of
from services.reporting.projections import Told
from services.reporting.queries.question import Asked
from shared.events.reporting import LedgerSigned
from shared.language.terms import Term


class Edition(Term):
    """What to show."""

    FILED = "filed", "报送的内容"
    NOW = "now", "已知的最新内容"


@dataclass(frozen=True)
class Shown:
    """A ledger and what it is."""

    item: Ledger
    cut: Cut
    told: Told
    label: str
    """草稿, 未签发, 已签发, 已退回, or that it is not what was filed."""
    filed: bool
    """Whether this is what was filed."""
    later: Ledger | None = None
    """What a filed one would be now, by its own rules."""
    since: Changes | None = None

    @property
    def sealed(self) -> dict[str, dict[str, str]]:
        """What stands for the tokens of all its rows."""
        return {**(self.later.sealed if self.later else {}), **self.item.sealed}


async def shown(question: Asked, unit: str, month: str, show: Edition | None) -> Shown:
    """The ledger asked for."""
    key = f"{unit}-{month}"
    told = (await question.service.months([key], question.as_of)).get(key, Told(MONTH.initial))
    filed = filed_of(told.state)
    wanted = show or (Edition.NOW if question.as_of else Edition.FILED)
    if filed is None or wanted is Edition.NOW:
        item = await question.reader.ledger(unit, month, question.cut)
        return Shown(item, question.cut, told, DRAFT if filed is None else OTHERWISE, filed=False)
    item = await question.reader.filed(unit, month, filed.filing)
    later = await question.reader.ledger(unit, month, question.cut, item.rules)
    label = SIGNED if isinstance(told.state, Signed) else RETURNED if isinstance(told.state, Returned) else UNSIGNED
    return Shown(item, filed.filing.cut, told, label, filed=True, later=later, since=changes(item, later))


def signer(told: Told) -> str | None:
    """The member who signed what was filed last; nobody while it is not signed, or was returned."""
    if not isinstance(told.state, Signed):
        return None
    return next(item.envelope.get("actorid") for item in reversed(told.entries) if item.type == LedgerSigned.TYPE)


def lateness(filed: Filed) -> str:
    """How the paper says that it was late, and why; nothing if it was not."""
    return "" if filed.first_on_time else f"逾期报送,原因:{filed.late_reason or '〔未说明〕'}"


def stamp(found: Shown, filed_by: str, signed_by: str, district: str, brand: str) -> Stamp:
    """What stands at the head of the paper."""
    filed = filed_of(found.told.state)
    if filed is None or not found.filed:
        return Stamp(found.label, district=district, brand=brand)
    return Stamp(
        found.label,
        filed.received,
        filed_by,
        signed_by,
        filed.revision,
        filed.filing.digest,
        district=district,
        brand=brand,
        late=lateness(filed),
    )
