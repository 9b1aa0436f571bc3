"""What the desk does: who sits there, calls, transferred orders, the green channel, omissions ruled on, tickets asked about again.

What asks for something becomes a ticket, which goes its way like those of the visits (``tickets``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from deploy.demo.district import District
from deploy.demo.life import Visit
from deploy.demo.register import Enterprise
from deploy.demo.steps import SYSTEM, Making, Span, Step, batches, moment, token
from deploy.demo.tickets import SOURCES, Origin, reporting
from deploy.demo.words import CALLS, MATTERS, ORDERS, WINDOWS
from services.issues.domain import call as calls
from services.issues.domain import order as orders
from services.issues.domain.call import CALL, FollowCall, MissCall, TakeCall
from services.issues.domain.duty import DUTY, KnownDesk, PublishDuty, ReviseDuty, Seat
from services.issues.domain.green import GREEN, DropGreenCase, FinishGreenCase, KnownWindow, OpenGreenCase
from services.issues.domain.omission import OMISSION, DismissOmission, OpenOmission, SuspectOmission, ticket_of_omission
from services.issues.domain.order import ORDER, DismissOrder, HoldOrder, MatchOrder
from services.issues.domain.recheck import RECHECK, DrawRecheck, Hands, KnownPopulation, RecordRecheck
from services.issues.domain.ticket.commands import ReportIssue
from services.issues.domain.ticket.states import Archived, Closed, State, units_of
from services.issues.domain.transferred import Field, Order, read
from services.visits.domain.visit.commands import CorrectVisit, RecordVisit
from services.visits.domain.visit.decide import VISIT
from shared.events.visits import Visited, VisitRecorded
from shared.language import draw
from shared.language.facts import Fact
from shared.language.months import Month
from shared.language.personal import Personal
from shared.language.terms import CallOutcome, Category, Line, RecheckKind, Source, derived_id

_ROADS = ("handled", "endorsed", "sent-back", "overdue", "straight")
_ASKED_AGAIN = 12


class Desk:
    """Makes the steps and the tickets that come of them. ``told`` are the steps of the visits."""

    def __init__(
        self, where: District, span: Span, enterprises: Sequence[Enterprise], planned: Sequence[Visit], told: Sequence[Step]
    ) -> None:
        self._where, self._span, self._planned, self._told = where, span, planned, told
        first = span.months[0].first_day
        self._served = [
            item
            for item in enterprises
            if not item.ended and not item.lost and item.holder(Line.HORIZONTAL, first) and len(item.held[Line.HORIZONTAL]) == 1
        ]
        self._make = Making("desk").step
        self._hotline, self._office = where.who["hotline"].actor, where.who["office"].actor
        self._origins: list[Origin] = []

    def steps(self) -> list[Step]:
        """All of the log of issues, as far as it is past."""
        parts = (self._duty, self._calls, self._orders, self._green, self._omissions)
        own = [step for part in parts for step in part()]
        today = self._span.today
        lived, states = reporting(
            self._where, self._span, self._planned, [item for item in self._origins if item.at.date() < today]
        )
        return [*lived, *(step for step in (*own, *self._rechecks(states)) if self._span.past(step.at.date()))]

    def _opens(self, on: date, hour: int, ticket: UUID, item: Enterprise, report: ReportIssue, road: str = "") -> None:
        """A ticket through the desk, at the unit that answers for the enterprise."""
        held = item.holder(Line.HORIZONTAL, on)
        assert held is not None  # noqa: S101  that is how they were chosen.
        at = moment(on, hour, 24)
        self._origins.append(Origin(at, held.unit, ticket, item, report, self._office, road))

    def _duty(self) -> Iterator[Step]:
        """For each month of the demo, the desk and the office in turn; one was changed after its beginning."""
        people = (self._where.who["hotline"], self._where.who["office"])
        for place, month in enumerate(self._span.months):
            days = self._span.workdays(month)
            posts = {person.id: set(days) for person in people}
            known = KnownDesk(month, posts)
            seats = tuple(Seat(on=day, members=(people[0 if number % 5 < 4 else 1].id,)) for number, day in enumerate(days))  # noqa: PLR2004
            before = self._span.founded if place == 0 else self._span.day(place - 1, -1)
            yield self._make(moment(before, 16, 24), DUTY, str(month), PublishDuty(days=seats), self._office, known)
            if place == 1:
                swapped = (seats[0].model_copy(update={"members": (people[1].id,)}), *seats[1:])
                revised = ReviseDuty(days=swapped, reason="坐席临时参加培训,调度员顶班")
                yield self._make(moment(self._span.day(1, 0), 9, 24), DUTY, str(month), revised, self._office, known)

    def _calls(self) -> Iterator[Step]:
        """Two dozen calls, every fourth missed: called back and reached, tried in vain, or still to be called back."""
        yesterday = self._span.today - timedelta(days=1)
        for place in range(24):
            item, on = self._served[place * 9], self._span.day(place % 2, place) if place < 22 else yesterday  # noqa: PLR2004
            key, named = derived_id("demo", "call", str(place)), self._named(item)
            content, wish = CALLS[place % len(CALLS)]
            if place % 4 == 3:  # noqa: PLR2004
                yield from self._missed(place, key, on, item, named, wish)
                continue
            known_caller = place % 4 < 2 or wish  # noqa: PLR2004  some callers don't say who they are.
            demand = calls.Asked(content=wish, category=Category.OTHER) if wish else None
            taken = TakeCall(
                caller=Personal(item.contact),
                phone=Personal(item.phone),
                enterprise=item.id if known_caller else None,
                content=content,
                demand=demand,
            )
            yield self._make(moment(on, 10, 24), CALL, key, taken, self._hotline, named if known_caller else None)
            if report := calls.report_of(taken, taken.phone):
                self._opens(on, 10, calls.ticket_of_call(key), item, report, _ROADS[len(self._origins) % len(_ROADS)])

    def _missed(self, place: int, key: UUID, on: date, item: Enterprise, named: Visited, wish: str) -> Iterator[Step]:
        yield self._make(moment(on, 16, 24), CALL, key, MissCall(phone=Personal(item.phone), note="午间无人接听"), self._hotline)
        tries = {3: 1, 7: 3, 11: 1, 15: 3, 19: 2}.get(place, 0)
        for number in range(tries):
            reached = tries == 1
            demand = calls.Asked(content=wish) if reached and wish else None
            followed = FollowCall(
                outcome=CallOutcome.ANSWERED if reached else CallOutcome.UNREACHED,
                note="已回拨" if reached else "无人接听",
                caller=Personal(item.contact) if reached else None,
                enterprise=item.id if reached else None,
                demand=demand,
            )
            day = self._span.later(on, 1 + number // 2)
            at = moment(day, 9 + 2 * (number % 2), 24)
            yield self._make(at, CALL, key, followed, self._hotline, named if reached else None)
            if report := calls.report_of(followed, Personal(item.phone)):
                self._opens(day, 9, calls.ticket_of_call(key), item, report)

    def _orders(self) -> Iterator[Step]:
        """Those that name their enterprise become tickets by themselves; the others wait, are matched, or go back."""
        for place, content in enumerate(ORDERS):
            item, on = self._served[5 + place * 21], self._span.day(place % 2, 4 + place)
            order = self._order(place, content, item, on)
            if not order.amiss:
                report = orders.report_of(order, item.id)
                self._opens(on, 11, orders.ticket_of_order(order.key), item, report)
                continue
            yield self._make(moment(on, 11, 24), ORDER, order.key, HoldOrder.model_construct(order=order), SYSTEM)
            ruled = self._span.later(on, 1)
            if place == 4:  # noqa: PLR2004
                away = DismissOrder(reason="反映人为居民,非企业事项,退回12345转相关部门")
                yield self._make(moment(ruled, 10, 24), ORDER, order.key, away, self._office)
            elif place == 5:  # noqa: PLR2004
                matched = MatchOrder(enterprise=item.id)
                yield self._make(moment(ruled, 10, 24), ORDER, order.key, matched, self._office, self._named(item))
                self._opens(ruled, 10, orders.ticket_of_order(order.key), item, orders.report_of(order, item.id))

    def _order(self, place: int, content: str, item: Enterprise, on: date) -> Order:
        """As it is read from a row. Some rows name no enterprise, or one that nobody knows."""
        cells = {
            Field.NO: f"YS12345-{on:%Y%m%d}-{place + 1:03d}",
            Field.CALLED: str(on),
            Field.CONTENT: content,
            Field.NATURE: "求助",
            Field.DUE: str(self._span.later(on, 6)),
            Field.CONTACT: item.contact,
            Field.PHONE: item.phone,
        }
        amiss = ""
        if place == 4:  # noqa: PLR2004
            amiss = "缺企业名称和统一社会信用代码"
        elif place in (5, 7):
            cells[Field.ENTERPRISE], amiss = item.name.removesuffix("有限公司"), "按企业名称未找到企业"
        else:
            cells |= {Field.ENTERPRISE: item.name, Field.CODE: item.code}
        order = read(cells, {name.label: cell for name, cell in cells.items()})
        return order.but(amiss) if amiss else order

    def _green(self) -> Iterator[Step]:
        """Matters at windows: done sooner, done later than promised, given up, and on their way."""
        for place, matter in enumerate(MATTERS * 2):
            item, on = self._served[3 + place * 13], self._span.day(place % 2, 2 + place)
            unit = self._where.filing[place * 5]
            writer, key = self._where.who[f"{unit.code}-worker1"].actor, derived_id("demo", "green", str(place))
            opened = OpenGreenCase(
                enterprise=item.id,
                unit=unit.code,
                matter=matter,
                window=WINDOWS[place % len(WINDOWS)],
                promised=4 + place % 4,
                accepted_on=on,
            )
            known = KnownWindow(self._named(item), unit.code, frozenset({unit.code}))
            yield self._make(moment(on, 9, 24), GREEN, key, opened, writer, known)
            done = self._span.later(on, 9 if place == 6 else 1 + place % 4)  # noqa: PLR2004
            if place == 9:  # noqa: PLR2004
                dropped = DropGreenCase(reason="企业调整计划,暂不办理")
                yield self._make(moment(done, 15, 24), GREEN, key, dropped, writer)
            elif place != 15:  # noqa: PLR2004
                finished = FinishGreenCase(done_on=done, result="已办结并通知企业")
                yield self._make(moment(done, 15, 24), GREEN, key, finished, writer)

    def _omissions(self) -> Iterator[Step]:
        """Of visits that speak of difficulties without a demand; what nobody rules on here waits, as the platform sees it itself."""
        until = self._span.months[1].last_day
        heard = [
            visit for visit in self._planned if visit.command.difficulties and not visit.command.demands and visit.on <= until
        ]
        corrected = {step.key for step in self._told if isinstance(step.command, CorrectVisit)}
        for place, visit in enumerate([visit for visit in heard if str(visit.id) not in corrected][10:370:40]):
            facts = self._facts(visit)
            yield self._suspect(visit, facts, 0)
            on = self._span.later(visit.entered.date(), 2)
            if place % 3 == 0:
                ruled = OpenOmission(content=f"企业反映{visit.command.difficulties},请求协助")
                ticket = ticket_of_omission(visit.id)
                self._origins.append(self._opened(visit, ticket, on, ruled))
            elif place % 3 == 1:
                ruled = DismissOmission(reason="已电话核实,企业仅作情况说明,没有诉求")
            else:
                continue
            liaison = self._where.who[f"{visit.held.unit}-liaison"].actor
            yield self._make(moment(on, 15, 24), OMISSION, visit.id, ruled, liaison)
        for visit in [visit for visit in heard if str(visit.id) in corrected][:3]:
            facts = self._facts(visit)
            yield self._suspect(visit, facts, 0)
            yield self._suspect(
                visit, facts, next(n for n, (_, fact) in enumerate(facts) if n and isinstance(fact, VisitRecorded))
            )

    def _suspect(self, visit: Visit, facts: Sequence[tuple[Step, Fact]], place: int) -> Step:
        """What the platform makes of the telling in this place of the visit's log; it reads the same again and adds nothing."""
        step, fact = facts[place]
        assert isinstance(fact, VisitRecorded)  # noqa: S101  the first is, and a correction.
        command = SuspectOmission.model_construct(told=place + 1, unit=visit.held.unit, visit=fact)
        return self._make(step.at, OMISSION, visit.id, command, SYSTEM)

    def _facts(self, visit: Visit) -> list[tuple[Step, Fact]]:
        """The visit's log, as the loader will write it."""
        state, found, key = VISIT.initial, list[tuple[Step, Fact]](), str(visit.id)
        for batch in batches(step for step in self._told if step.key == key):
            for step in batch:
                facts = step.decider.decide(state, step.command, step.ask(self._span.calendar).context)
                state = VISIT.fold(facts, state)
                found += [(step, fact) for fact in facts]
        return found

    def _opened(self, visit: Visit, ticket: UUID, on: date, ruled: OpenOmission) -> Origin:
        """As the service reports what an omission turned out to be."""
        command: RecordVisit = visit.command
        report = ReportIssue.model_construct(
            enterprise=visit.enterprise.id,
            unit=visit.held.unit,
            source=SOURCES.get(visit.mode, Source.VISIT),
            content=ruled.content,
            category=ruled.category,
            nature=ruled.nature,
            urgency=ruled.urgency,
            reporter=command.interviewee,
            phone=command.phone,
            visit=visit.id,
        )
        return Origin(moment(on, 15, 24), visit.held.unit, ticket, visit.enterprise, report)

    def _rechecks(self, states: Mapping[str, State]) -> Iterator[Step]:
        """The inspectorate draws from the tickets of the first month: closed ones, asked about; withdrawn ones, not yet."""
        inspector, month = self._where.who["inspector"].actor, self._span.months[0]
        for kind, on in ((RecheckKind.CLOSED, self._span.day(1, 8)), (RecheckKind.UNREACHED, self._span.day(1, 9))):
            population = {no: hands for no, state in states.items() if (hands := _hands(state, kind, month))}
            if not population:
                continue
            key, seed = derived_id("demo", "recheck", str(kind)), token("recheck", str(kind))
            drawn = DrawRecheck(kind=kind, month=str(month), size=_ASKED_AGAIN)
            known = KnownPopulation(seed, population)
            yield self._make(moment(on, 9, 24), RECHECK, key, drawn, inspector, known)
            sample = draw.drawn(sorted(population), seed, _ASKED_AGAIN)
            for place, no in enumerate(sample if kind is RecheckKind.CLOSED else ()):
                outcome = CallOutcome.UNREACHED if place % 6 == 5 else CallOutcome.ANSWERED  # noqa: PLR2004
                confirmed = None if outcome is CallOutcome.UNREACHED else place % 11 != 3  # noqa: PLR2004
                note = "企业表示问题仍未解决" if confirmed is False else ""
                said = RecordRecheck(no=no, outcome=outcome, confirmed=confirmed, note=note)
                yield self._make(moment(on, 10 + place % 6, 24), RECHECK, key, said, inspector, population[no])

    def _named(self, item: Enterprise) -> Visited:
        return Visited(id=item.id, code=item.code, name=item.name)


def _hands(state: State, kind: RecheckKind, month: Month) -> Hands | None:
    """Who had a part in a ticket that was closed in this month; nobody where it was not, or not in this way."""
    if not isinstance(state, Closed | Archived) or not month.contains(state.closing.on):
        return None
    if kind is RecheckKind.UNREACHED and state.closing.rating is not None:
        return None
    units = frozenset(unit for unit, part in units_of(state) if part != "reported")
    return Hands(units, frozenset(call.by for call in state.calls if call.by) | state.work.handlers | state.work.reviewers)


def serving(
    where: District, span: Span, enterprises: Sequence[Enterprise], planned: Sequence[Visit], told: Sequence[Step]
) -> list[Step]:
    """The steps of the log of issues."""
    return Desk(where, span, enterprises, planned, told).steps()
