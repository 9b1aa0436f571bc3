"""Entries as the logs of a district hold them, made with the real facts and ``encode``; seeded by numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from shared.events import issues, roster, visits
from shared.language.facts import Fact, encode
from shared.language.personal import Personal
from shared.language.terms import (
    Ack,
    Awareness,
    Category,
    EnterpriseKind,
    EvidenceKind,
    Line,
    Mode,
    Nature,
    Outcome,
    Rating,
    Role,
    Source,
    Standing,
    UnitKind,
    Urgency,
)

Record = tuple[int, int, str, int, str, bytes]
"""pos, rec_us, stream, ver, type, body."""

DISTRICT = "520502"
MONTHS = [date(2026, month, 1) for month in range(1, 11)]
_START = datetime(2026, 1, 1, tzinfo=UTC)
_MODES = (Mode.ON_SITE, Mode.PHONE, Mode.ON_SITE, Mode.VIDEO)
_WORDS = "生产经营总体平稳,订单较上月略有增加,原材料价格上涨,流动资金偏紧"
_HARD = "用工不足,熟练工难招;厂区门口道路破损影响大货车进出,雨季积水"
_WISH = "希望组织专场招聘会,协调道路养护,讲解最新贷款贴息政策"


def uid(kind: int, number: int) -> UUID:
    """An id that follows from a number, shaped like the real ones."""
    return UUID(int=(0x0190_0000_0000_7000 << 64) | (0b10 << 62) | (kind << 48) | number)


def township(number: int) -> str:
    """The code of one of 48 townships."""
    return f"520502{100 + number % 48}"


def department(number: int) -> str:
    """The code of one of 32 departments."""
    return f"D{number % 32:02d}"


def company(number: int) -> tuple[str, str]:
    """Code and name of an enterprise: alike to the eye, which is all that matters here."""
    return f"91520502MA{number:07d}X", f"毕节市七星关区{_FIRST[number % 18]}{_SECOND[number // 18 % 18]}{number}商贸有限公司"


_FIRST = "金华瑞丰恒盛源通达兴隆泰和顺安康宁嘉禾"
_SECOND = "鑫诚宏远博雅天成世纪联创新锐力量百川汇"


@lru_cache(maxsize=100_000)
def sealed(subject: UUID) -> Personal:
    """A sealed datum; what is inside does not matter here."""
    return Personal(
        token={"$enc": "a1", "sub": str(subject), "n": "qK3vT8yJ0m2xW5sZ", "ct": "k0Jx7rYw3uQpZ1dE9sVbN4mTgHcLfA6oRiUyBe2XvQ=="}
    )


class Log:
    """Entries in the making: positions, versions and recorded times count up by themselves."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._pos = 0
        self._versions: dict[str, int] = {}

    def add(self, stream: str, fact: Fact, at: datetime) -> Record:
        """The next entry."""
        self._pos += 1
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        actor = {"id": str(uid(9, 1)), "role": "worker", "unit": township(version)}
        body = encode(
            fact,
            event_id=uid(8, self._pos),
            source=f"/{DISTRICT}/{self._source}",
            subject=stream,
            happened=at,
            actor=actor,
            links={"causationid": str(uid(7, self._pos)), "correlationid": "0190aabbccdd7000a1b2c3d4e5f60718"},
        )
        return self._pos, int(at.timestamp() * 1_000_000) + self._pos, stream, version, fact.TYPE, body


def recorded(number: int, unit: str, on: date, line: Line = Line.HORIZONTAL, who: int | None = None) -> visits.VisitRecorded:
    """One visit. Every fourth brings a demand, every tenth is joint."""
    enterprise = number if who is None else who
    code, name = company(enterprise)
    first = visits.Visitor(member=uid(3, number % 480), unit=unit, line=line, role=Role.WORKER)
    second = visits.Visitor(member=uid(3, 480 + number % 320), unit=department(number), line=Line.VERTICAL, role=Role.WORKER)
    wanted = (visits.Demand(no=1, content=_HARD, category=Category.LABOUR),) if number % 4 == 0 else ()
    return visits.VisitRecorded(
        enterprise=visits.Visited(id=uid(1, enterprise), code=code, name=name),
        on=on,
        mode=_MODES[number % 4],
        connected_seconds=180 if _MODES[number % 4] is Mode.PHONE else None,
        visitors=(first, second) if number % 10 == 0 else (first,),
        joint=number % 10 == 0,
        interviewee=sealed(uid(1, enterprise)),
        title="总经理",
        phone=sealed(uid(1, enterprise)),
        note=f"{_WORDS}({number})",
        headcount=20 + number % 300,
        difficulties=f"{_HARD}。第{number}次记录",
        suggestions=_WISH,
        demands=wanted,
        policies=("税费优惠政策", "稳岗返还"),
        onemap_given=1,
        aware=Awareness.UNDERSTOOD,
        satisfaction=Rating.SATISFIED,
        ack=Ack.SCAN,
    )


def visit_entries(log: Log, number: int, unit: str, on: date, who: int | None = None) -> Iterator[Record]:
    """The facts of one visit: told, proven, counting, and mostly reviewed."""
    stream, at = f"visit/{uid(2, number)}", _at(on, number)
    yield log.add(stream, recorded(number, unit, on, who=who), at)
    yield log.add(
        stream,
        visits.EvidenceAttached(sha256=f"{number:064x}", kind=EvidenceKind.PHOTO, media_type="image/jpeg", size=184_320),
        at,
    )
    yield log.add(stream, visits.VisitQualified(rule="R12.1"), at)
    if number % 8:
        yield log.add(stream, visits.VisitAccepted(), at + timedelta(hours=4))


def visit_log(count: int) -> list[Record]:
    """A log of visits alone."""
    log = Log("visits")
    made: list[Record] = []
    number = 0
    while len(made) < count:
        made += visit_entries(log, number, township(number), MONTHS[number % 10] + timedelta(days=number % 27))
        number += 1
    return made[:count]


def issue_entries(log: Log, number: int, visit: int, unit: str, on: date) -> Iterator[Record]:
    """The straight path of one ticket."""
    stream, at, day = f"issue/{uid(4, number)}", _at(on, number), timedelta(days=1)
    code, name = company(visit)
    kinds: dict[str, Any] = {"category": Category.LABOUR, "nature": Nature.HELP, "urgency": Urgency.ORDINARY}
    due = issues.Due(on=on + 15 * day, derivation="自交办次日起10个工作日", calendar="2026.1", rule="R33.1")
    yield log.add(
        stream,
        issues.IssueReported(
            no=f"QXG-{on:%Y%m}-{unit}-{number:04d}",
            enterprise=visits.Visited(id=uid(1, visit), code=code, name=name),
            unit=unit,
            source=Source.VISIT,
            visit=uid(2, visit),
            demand=1,
            content=_HARD,
            reporter=sealed(uid(1, visit)),
            on=on,
            **kinds,
        ),
        at,
    )
    yield log.add(stream, issues.IssueAccepted(**kinds), at)
    yield log.add(
        stream,
        issues.IssueDispatched(unit=department(number), leader=uid(3, number % 800), measures=_WISH, due=due, on=on + day),
        at + day,
    )
    yield log.add(stream, issues.IssueSigned(handler=uid(3, number % 800), on=on + 2 * day), at + 2 * day)
    yield log.add(
        stream,
        issues.IssueResolved(outcome=Outcome.SOLVED, result="已对接两家劳务公司,到岗12人", reply=_WORDS, on=on + 6 * day),
        at + 6 * day,
    )
    yield log.add(stream, issues.ResolutionApproved(on=on + 7 * day), at + 7 * day)
    yield log.add(stream, issues.IssueClosed(rating=Rating.SATISFIED, on=on + 8 * day), at + 8 * day)


def roster_entries(enterprises: int, big: int = 0, big_unit: str = "") -> Iterator[Record]:
    """Units, members, enterprises and who answers for them. The last ``big`` enterprises belong to one unit."""
    log = Log("roster")
    yield log.add(
        f"unit/{DISTRICT}", roster.UnitEstablished(code=DISTRICT, name="七星关区", kind=UnitKind.DISTRICT, on=MONTHS[0]), _START
    )
    units = [(township(n), f"第{n}街道", UnitKind.TOWNSHIP) for n in range(48)]
    units += [(department(n), f"区第{n}局", UnitKind.DEPARTMENT) for n in range(32)]
    if big_unit:
        units.append((big_unit, "大街道", UnitKind.TOWNSHIP))
    for code, name, kind in units:
        fact = roster.UnitEstablished(code=code, name=name, kind=kind, parent=DISTRICT, on=MONTHS[0])
        yield log.add(f"unit/{code}", fact, _START)
    for number in range(800):
        unit = township(number) if number < 480 else department(number)
        role = Role.LIAISON if number % 10 == 0 else Role.WORKER
        fact = roster.MemberAppointed(account=f"{unit}-{number}", name=sealed(uid(3, number)), unit=unit, role=role, on=MONTHS[0])
        yield log.add(f"member/{uid(3, number)}", fact, _START)
    for number in range(enterprises):
        code, name = company(number)
        stream, who = f"enterprise/{uid(1, number)}", sealed(uid(1, number))
        yield log.add(
            stream,
            roster.EnterpriseRegistered(
                code=code,
                name=name,
                kind=EnterpriseKind.OTHER,
                standing=Standing.SURVIVING,
                founded=date(2019, 5, 6),
                capital=300_000_000,
                legal_person=who,
                contact=who,
                phone=who,
                address="贵州省毕节市七星关区碧阳大道12号",
                industry="F5191",
                business="日用百货、农副产品销售",
                registrar="七星关区市场监督管理局",
                staff=25,
                on=MONTHS[0],
            ),
            _START,
        )
        unit = big_unit if number >= enterprises - big else township(number)
        for line, holder in ((Line.HORIZONTAL, unit), (Line.VERTICAL, department(number))):
            yield log.add(
                stream, roster.EnterpriseAssigned(line=line, unit=holder, worker=uid(3, number % 800), on=MONTHS[0]), _START
            )


def _at(on: date, number: int) -> datetime:
    return datetime(on.year, on.month, on.day, 2 + number % 7, number % 60, tzinfo=UTC)
