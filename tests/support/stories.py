"""Facts told in order, as raw entries of logs: what tests of ledgers and figures begin with."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid5

from services.reporting.domain.coverage import Basis, Coverage, Settings, coverage, period
from services.reporting.domain.folding import fold
from shared.events import issues, roster, visits
from shared.language.facts import Fact, encode
from shared.language.months import Calendar, Year
from shared.language.personal import Personal
from shared.language.terms import EnterpriseKind, Line, Mode, Role, Standing
from shared.log.eventlog import Entry

H, V = Line.HORIZONTAL, Line.VERTICAL
SPACE = UUID("5205020a-0811-5021-8000-000000000000")
AUTUMN_2026 = Calendar.of(
    {
        2026: Year.read(
            2026,
            1,
            [{"date": "2026-09-20", "off": False}, {"date": "2026-10-10", "off": False}]
            + [{"date": f"2026-09-{day}", "off": True} for day in (25, 26, 27)]
            + [{"date": f"2026-10-{day:02d}", "off": True} for day in range(1, 8)],
        )
    }
)
"""国务院办公厅's calendar: Mid-Autumn 25–27 September, a make-up day on Sunday the 20th."""


def ident(name: str) -> UUID:
    """The id that a short name stands for."""
    return uuid5(SPACE, name)


def day(text: str) -> date:
    """``09-05`` of 2026, or a whole day."""
    return date.fromisoformat(text if len(text) > len("09-05") else f"2026-{text}")


def sealed(name: str) -> Personal:
    """A sealed name, as it lies in a log."""
    return Personal(subject=ident(name), token={"$enc": "a1", "sub": str(ident(name)), "n": "n", "ct": name})


class Story:
    """Facts told in order; every service has a log of its own."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._positions: dict[str, int] = {}
        self._versions: dict[str, int] = {}

    @classmethod
    def after(cls, other: Story) -> Story:
        """The same so far, to go on with."""
        made = cls()
        made.entries, made._positions, made._versions = [*other.entries], {**other._positions}, {**other._versions}
        return made

    def tell(self, stream: str, fact: Fact, recorded: str = "2026-09-27T10:00:00+08:00") -> None:
        """One fact more."""
        at = datetime.fromisoformat(recorded)
        origin = fact.TYPE.partition(".")[0]
        pos = self._positions[origin] = self._positions.get(origin, 0) + 1
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        body = encode(
            fact,
            event_id=ident(f"{origin}{pos}"),
            source=f"/520502/{origin}",
            subject=stream,
            happened=at,
            actor={},
            links={},
        )
        self.entries.append(Entry(pos, int(at.timestamp()) * 1_000_000, stream, version, fact.TYPE, body))

    def enterprise(self, name: str, *, code: str = "", on: str = "2026-01-05", **more: object) -> None:
        """An enterprise in the register."""
        fact = roster.EnterpriseRegistered.model_validate(
            {
                "code": code or f"91520502MA{ident(name).hex[:8].upper()}",
                "name": name,
                "kind": EnterpriseKind.LIMITED,
                "standing": Standing.SURVIVING,
                "on": day(on),
                **more,
            }
        )
        self.tell(f"enterprise/{ident(name)}", fact)

    def assign(self, name: str, line: Line, unit: str, on: str = "2026-01-05", **more: object) -> None:
        """Put an enterprise into a unit's grid."""
        fact = roster.EnterpriseAssigned.model_validate({"line": line, "unit": unit, "on": day(on), **more})
        self.tell(f"enterprise/{ident(name)}", fact)

    def standing(self, name: str, standing: Standing, on: str) -> None:
        """The register says otherwise."""
        self.tell(f"enterprise/{ident(name)}", roster.StandingChanged(standing=standing, on=day(on)))

    def lost(self, name: str, line: Line, on: str, *tries: tuple[str, Mode]) -> None:
        """失联 verified."""
        attempts = tuple(roster.Attempt(on=day(when), mode=mode) for when, mode in tries)
        self.tell(f"enterprise/{ident(name)}", roster.ContactLossVerified(line=line, tries=attempts, on=day(on)))

    def visit(
        self,
        name: str,
        on: str,
        *units: str,
        mode: Mode = Mode.ON_SITE,
        joint: bool | None = None,
        qualified: bool = True,
        voided: bool = False,
        returned: bool = False,
        recorded: str = "2026-09-27T10:00:00+08:00",
        **more: object,
    ) -> str:
        """A visit by one person of each unit."""
        key = str(ident(f"{name}{on}{units}{mode}"))
        visitors = tuple(visits.Visitor(member=ident(f"{unit}-worker1"), unit=unit, role=Role.WORKER) for unit in units)
        fact = visits.VisitRecorded.model_validate(
            {
                "enterprise": visits.Visited(id=ident(name), code="91", name=name),
                "on": day(on),
                "mode": mode,
                "visitors": visitors,
                "joint": len(units) > 1 if joint is None else joint,
                **more,
            }
        )
        self.tell(f"visit/{key}", fact, recorded)
        if qualified:
            self.tell(f"visit/{key}", visits.VisitQualified(rule="on_site.1"), recorded)
        if returned:
            self.tell(f"visit/{key}", visits.VisitReturned(reason="印证资料不清"), recorded)
        if voided:
            self.tell(f"visit/{key}", visits.VisitVoided(reason="误录"), recorded)
        return key

    def at(self, basis: Basis = Basis.FILING, settings: Settings | None = None, month: str = "2026-09") -> Coverage:
        """Coverage of the month."""
        return coverage(period(month, basis, AUTUMN_2026, settings), fold(self.entries))


def settled(*names: str) -> Story:
    """Enterprises that have been in H1 and V1 for long."""
    story = Story()
    for name in names or ("E",):
        story.enterprise(name)
        story.assign(name, H, "H1")
        story.assign(name, V, "V1")
    return story


def ticket(story: Story, visit: str, no: str, **due: str) -> str:
    """A ticket out of a visit, dispatched to V1."""
    stream = f"issue/{ident(no)}"
    story.tell(
        stream,
        issues.IssueReported.model_validate(
            {
                "no": no,
                "enterprise": {"id": ident("E"), "code": "91", "name": "E"},
                "unit": "H1",
                "source": "visit",
                "visit": visit,
                "demand": 1,
                "content": "融资难",
                "category": "finance",
                "nature": "help",
                "urgency": "ordinary",
                "on": day("09-03"),
            }
        ),
    )
    if due:
        story.tell(
            stream,
            issues.IssueDispatched(
                unit="V1",
                leader=ident("leader"),
                measures="协调银行对接",
                on=day("09-04"),
                due=issues.Due(on=day(due["due"]), derivation="7 工作日", calendar="2026.1", rule="L1"),
            ),
        )
    return stream
