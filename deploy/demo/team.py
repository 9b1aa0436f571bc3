"""How the work is organised: papers, duties, tasks, plaques, a census, corrections, hand-overs, the names that are printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from uuid import UUID

from deploy.demo.district import MARK, District, Person
from deploy.demo.register import Enterprise
from deploy.demo.steps import Span, Step, moment, token
from deploy.demo.words import DUTIES, PROJECTS, TASKS
from services.roster.domain.brand import BRAND, KnownBrand, PublishBrand
from services.roster.domain.census import CENSUS, CloseCensus, KnownCensus, OpenCensus
from services.roster.domain.correction import CORRECTION, ApproveCorrection, KnownAnswering, ProposeCorrection, RejectCorrection
from services.roster.domain.delivery import DELIVERY, KnownDelivery, RecordDelivery
from services.roster.domain.enterprise.commands import (
    AmendEnterprise,
    ChangeCustody,
    ChooseMainContact,
    FindEnterprise,
    HandOverEnterprise,
    MissEnterprise,
    PreferContact,
    SurveyEnterprise,
    TagEnterprise,
)
from services.roster.domain.enterprise.decide import ENTERPRISE, KnownCorrection, KnownSurvey
from services.roster.domain.handover import HANDOVER, Handover, KnownHandover, OpenHandover, SignHandover, WithdrawHandover
from services.roster.domain.mapping import MAPPING, KnownMapping, MapOfficePhones, MapPlaces, SetLoadLimit
from services.roster.domain.member import MEMBER, AppointMember, ConfirmAppointment, KnownMember, ReleaseMember
from services.roster.domain.project import PROJECT, HangPlaque, KnownPlaque, KnownProject, RegisterProject, TakeDownPlaque
from services.roster.domain.row import ROW, DismissRow, RepairRow
from services.roster.domain.task import TASK, CancelTask, DoTask, KnownTask, ProgressTask, SetTask
from services.roster.domain.unit import (
    UNIT,
    ChargeUnit,
    ConfirmUnitEnd,
    DocumentUnit,
    EndUnit,
    EstablishUnit,
    KnownUnit,
    MoveUnit,
    Named,
    RenameUnit,
    WithdrawUnitDocument,
)
from shared.events.roster import CorrectionProposed, HandoverOpened
from shared.http.public import digest
from shared.language.decider import Actor, AnyDecider
from shared.language.facts import Command
from shared.language.personal import Personal
from shared.language.terms import DeliveryChannel, Line, Mode, PaperKind, Role, SurveyResult, UnitKind, derived_id

_WITHOUT_TASK_FORCE = (5, 37)
"""Units, by their place, that still lack a paper."""


class Organising:
    """Makes the steps; every id follows from what it is and its place."""

    def __init__(self, where: District, span: Span, enterprises: Sequence[Enterprise]) -> None:
        self._where, self._span = where, span
        self._units = where.filing
        self._served = [
            item
            for item in enterprises
            if item.holder(Line.HORIZONTAL, span.months[0].first_day)
            and item.holder(Line.VERTICAL, span.months[0].first_day)
            and not item.ended
            and not item.lost
            and all(len(held) == 1 for held in item.held.values())
        ]
        self._count = count(1)

    def steps(self) -> Iterator[Step]:
        """All of them; the loader puts them in the order of time."""
        for part in (
            self._units_papers,
            self._a_branch,
            self._tables,
            self._people,
            self._tasks,
            self._projects,
            self._census,
            self._corrections,
            self._particulars,
            self._handovers,
        ):
            yield from part()

    def _step(
        self,
        day: date,
        hour: int,
        decider: AnyDecider,
        key: str | UUID,
        command: Command,
        by: Actor,
        known: object = None,
        subject: UUID | None = None,
    ) -> Step:
        id_ = derived_id("demo", "organise", str(next(self._count)), str(key))
        about = subject or (key if isinstance(key, UUID) else derived_id("roster", key))
        return Step(moment(day, hour, 12), decider, str(key), command, by, id_, about, known)

    def _who(self, place: int, what: str) -> Person:
        return self._where.who[f"{self._units[place].code}-{what}"]

    def _units_papers(self) -> Iterator[Step]:
        first = self._span.founded
        kinds = {
            PaperKind.PLAN: "网格化管理工作方案",
            PaperKind.LEADING_GROUP: "成立工作领导小组的通知",
            PaperKind.TASK_FORCE: "成立工作专班的通知",
        }
        for place, unit in enumerate(self._units):
            head, known = self._who(place, "head").actor, KnownUnit(unit.code, derived_id("demo", "proposal", unit.code))
            duty = DUTIES[unit.kind is UnitKind.TOWNSHIP]
            yield self._step(first, 9, UNIT, unit.code, ChargeUnit(duty=duty), head, known)
            for number, (kind, title) in enumerate(kinds.items(), 1):
                if kind is PaperKind.TASK_FORCE and place in _WITHOUT_TASK_FORCE:
                    continue
                members = tuple(self._who(place, what).id for what in ("head", "deputy", "liaison"))
                paper = DocumentUnit(
                    document=derived_id("demo", "paper", unit.code, kind),
                    kind=kind,
                    number=f"演示〔{first.year}〕{place * 3 + number}号",
                    title=f"{unit.name}“贵人服务”{title}",
                    issued=first,
                    members=members,
                    expires=self._span.today + timedelta(days=20) if place == 8 and number == 3 else None,  # noqa: PLR2004
                )
                yield self._step(first, 9, UNIT, unit.code, paper, head, known)
        unit = self._units[11]
        withdrawn = WithdrawUnitDocument(
            document=derived_id("demo", "paper", unit.code, PaperKind.PLAN), reason="方案修订后重新印发"
        )
        known = KnownUnit(unit.code, derived_id("demo", "proposal", unit.code))
        yield self._step(self._span.day(1, 3), 9, UNIT, unit.code, withdrawn, self._who(11, "head").actor, known)
        again = DocumentUnit(
            document=derived_id("demo", "paper", unit.code, PaperKind.PLAN, "revised"),
            kind=PaperKind.PLAN,
            number=f"演示〔{first.year}〕{len(self._units) * 4}号",
            title=f"{unit.name}“贵人服务”网格化管理工作方案(修订)",
            issued=self._span.day(1, 3),
            members=tuple(self._who(11, what).id for what in ("head", "deputy", "liaison")),
        )
        yield self._step(self._span.day(1, 3), 10, UNIT, unit.code, again, self._who(11, "head").actor, known)

    def _a_branch(self) -> Iterator[Step]:
        """A branch that was opened, moved, renamed and closed again: the real units of the district stay as they are."""
        office = self._where.who["office"].actor
        ours, theirs = [unit.code for unit in self._units if unit.kind is UnitKind.DEPARTMENT][:2]
        code = f"{ours}-90"
        named = {unit: Named(UnitKind.DEPARTMENT, self._span.founded) for unit in (ours, theirs)}
        known = KnownUnit(code, derived_id("demo", "proposal", code), UnitKind.DEPARTMENT, named)
        founded = EstablishUnit(name="园区服务站(演示)", kind=UnitKind.BRANCH, parent=ours, on=self._span.founded, document=MARK)
        yield self._step(self._span.founded, 10, UNIT, code, founded, office, known)
        moved = MoveUnit(parent=theirs, on=self._span.day(0, 2), document="演示调整1号")
        yield self._step(self._span.day(0, 2), 10, UNIT, code, moved, office, known)
        renamed = RenameUnit(name="产业园服务站(演示)", on=self._span.day(0, 5), document="演示调整2号")
        yield self._step(self._span.day(0, 5), 10, UNIT, code, renamed, office, known)
        ended = EndUnit(on=self._span.day(1, 2), successors=(theirs,), document="演示调整3号")
        yield self._step(self._span.day(1, 2), 10, UNIT, code, ended, office, known)
        confirmed = ConfirmUnitEnd(proposal=known.proposal)
        yield self._step(self._span.day(1, 2), 11, UNIT, code, confirmed, self._where.who["office-head"].actor, known)

    def _tables(self) -> Iterator[Step]:
        where, office, first = self._where, self._where.who["office"].actor, self._span.founded
        units = frozenset(unit.code for unit in where.units)
        phones = {unit.code: f"0857-0000{place:03d}" for place, unit in enumerate(self._units)}
        yield self._step(
            first, 11, MAPPING, "phones", MapOfficePhones(entries=phones, on=first, note=MARK), office, KnownMapping(units=units)
        )
        townships = [unit.code for unit in self._units if unit.kind is UnitKind.TOWNSHIP]
        places = {"演示老街": townships[0], "演示北关": townships[1]}
        yield self._step(
            first, 11, MAPPING, "places", MapPlaces(entries=places, on=first, note=MARK), office, KnownMapping(where.lines)
        )
        yield self._step(first, 11, MAPPING, "limits", SetLoadLimit(limit=45, on=first, note="演示"), office, KnownMapping())
        brand = PublishBrand(
            brand="贵人服务",
            suffix="",
            logo="",
            email="",
            site="",
            slogan="贵在真心 贵在用心",
            core=("贵在真心", "贵在用心", "贵在细心", "贵在恒心"),
            lead_office="区优化营商环境工作领导小组办公室",
            district="七星关区",
            city="毕节市",
            phone="0857-0000999",
            channels=(DeliveryChannel.SEALED_EMAIL, DeliveryChannel.USB),
            on=first,
            note=MARK,
        )
        yield self._step(first, 11, BRAND, "district", brand, where.who["office-head"].actor, KnownBrand())
        for place in range(4):
            unit, month = self._units[place * 9], self._span.months[0]
            day = self._span.workdays(self._span.months[1])[0]
            file = f"{unit.name}{month}台账.xlsx"
            delivery = RecordDelivery(
                unit=unit.code,
                month=str(month),
                channel=DeliveryChannel.USB if place % 2 else DeliveryChannel.SEALED_EMAIL,
                file=file,
                sha256=sha256(file.encode()).hexdigest(),
                received_on=day,
                note="与系统内报送一致",
            )
            key = derived_id("demo", "delivery", unit.code)
            yield self._step(day, 11, DELIVERY, key, delivery, office, KnownDelivery(units))
        aside = derived_id("demo", "row", "2")
        yield self._step(self._span.day(0, 3), 11, ROW, aside, DismissRow(reason="乱码行,原件中无对应企业"), office)
        again = derived_id("demo", "row", "6")
        yield self._step(self._span.day(1, 3), 11, ROW, again, RepairRow(batch="demo-again"), office)

    def _people(self) -> Iterator[Step]:
        """A head on leave with somebody standing in, a back-up who left and one who followed, a back-up nobody followed."""
        for place, shift in ((3, 1), (21, 6)):
            head, deputy = self._who(place, "head"), self._who(place, "deputy")
            begin = self._span.day(1, shift)
            leave = self._appoint(deputy, Role.HEAD, "代主要负责人", begin, begin + timedelta(days=9), head.account)
            yield from self._appointing(begin, deputy, leave, held=True)
        for place in (13, 29):
            gone, day = self._who(place, "backup"), self._span.day(1, 4)
            release = ReleaseMember(unit=gone.unit, role=Role.BACKUP_LIAISON, on=day, reason="岗位调整")
            known = KnownMember(gone.account, derived_id("demo", "proposal", gone.account), {gone.unit: None})
            yield self._step(day, 13, MEMBER, gone.id, release, self._who(place, "head").actor, known)
        follower = self._who(13, "worker3")
        day = self._span.day(1, 6)
        yield from self._appointing(day, follower, self._appoint(follower, Role.BACKUP_LIAISON, "网格员兼备份联络员", day))

    def _appoint(
        self, person: Person, role: Role, post: str, on: date, until: date | None = None, acting_for: str | None = None
    ) -> AppointMember:
        return AppointMember(
            name=Personal(person.name),
            phone=Personal(person.phone),
            unit=person.unit,
            role=role,
            post=post,
            duty="协助办理企业诉求",
            document="演示任〔2026〕1号",
            on=on,
            until=until,
            acting_for=acting_for,
        )

    def _appointing(self, day: date, person: Person, command: AppointMember, *, held: bool = False) -> Iterator[Step]:
        """A dispatcher proposes, the head of the office confirms."""
        proposal = derived_id("demo", "proposal", person.account, str(day))
        known = KnownMember(person.account, proposal, {person.unit: None}, held=held)
        yield self._step(day, 14, MEMBER, person.id, command, self._where.who["office"].actor, known)
        confirm = ConfirmAppointment(proposal=proposal)
        yield self._step(day, 15, MEMBER, person.id, confirm, self._where.who["office-head"].actor, known)

    def _tasks(self) -> Iterator[Step]:
        for place, (title, content) in enumerate(TASKS * 3):
            unit = self._units[place * 5]
            head, workers = self._who(place * 5, "head").actor, [self._who(place * 5, f"worker{n}") for n in (1, 2)]
            begin, key = self._span.day(place % 2, place), derived_id("demo", "task", str(place))
            due = self._span.later(begin, 8)
            known = KnownTask({worker.id for worker in workers})
            told = SetTask(unit=unit.code, title=title, content=content, members=tuple(w.id for w in workers), due=due)
            yield self._step(begin, 9, TASK, key, told, head, known)
            then = self._span.later(begin, 2)
            match place % 4:
                case 0:
                    yield self._step(then, 15, TASK, key, ProgressTask(note="已完成一半,本周内办结"), workers[0].actor, known)
                    done = DoTask(result="已按要求完成,情况已报网格长")
                    yield self._step(self._span.later(then, 2), 15, TASK, key, done, workers[0].actor, known)
                case 1:
                    yield self._step(then, 15, TASK, key, ProgressTask(note="正在核对名单"), workers[1].actor, known)
                case 2:
                    yield self._step(then, 15, TASK, key, CancelTask(reason="与区级统一安排合并"), head, known)
                case _:
                    pass  # Nobody has said anything yet: it is overdue.

    def _projects(self) -> Iterator[Step]:
        office, first = self._where.who["office"].actor, self._span.day(0, 1)
        for place, title in enumerate(PROJECTS):
            item = self._served[place * 17]
            held = item.holder(Line.VERTICAL, first)
            assert held is not None  # noqa: S101  that is how they were chosen.
            key = derived_id("demo", "project", item.code)
            known = KnownProject(frozenset({held.unit}))
            yield self._step(first, 9, PROJECT, key, RegisterProject(name=title, enterprise=item.id, on=first), office, known)
            if place % 6 == 5:  # noqa: PLR2004  waits for its plaque.
                continue
            leader, contact = self._where.who[f"{held.unit}-head"], self._where.who[held.worker]
            carried = token("plaque", item.code)
            hung = HangPlaque(
                number=f"贵服{place + 1:03d}", leader=leader.id, contact=contact.id, office_phone="0857-0000999", on=first
            )
            roles = {leader.id: {Role.HEAD}, contact.id: {Role.WORKER}}
            plaque = KnownPlaque(carried, digest(carried), roles)
            yield self._step(first, 10, PROJECT, key, hung, office, replace(known, plaque=plaque))
            if place % 6 == 4:  # noqa: PLR2004
                down = TakeDownPlaque(reason="项目竣工投产", on=self._span.day(1, 1))
                yield self._step(self._span.day(1, 1), 10, PROJECT, key, down, office, known)

    def _census(self) -> Iterator[Step]:
        """One of a township that is over, one of a department that runs."""
        results = (
            SurveyResult.VERIFIED,
            SurveyResult.VERIFIED,
            SurveyResult.VERIFIED,
            SurveyResult.CORRECTED,
            SurveyResult.LOST,
            SurveyResult.ABSENT,
            SurveyResult.DUPLICATE,
        )
        for line, month in ((Line.HORIZONTAL, 0), (Line.VERTICAL, 1)):
            begin = self._span.day(month, 1)
            mine = [(item, held) for item in self._served if (held := item.holder(line, begin))]
            unit = mine[0][1].unit
            head = self._where.who[f"{unit}-head"].actor
            key, until = derived_id("demo", "census", str(line)), begin + timedelta(days=60)
            opened = OpenCensus(
                title=f"{line.label}网格企业摸底", line=line, unit=unit, since=begin, until=until, document="演示摸底1号"
            )
            yield self._step(begin, 8, CENSUS, key, opened, head, KnownCensus(self._where.lines.get(unit)))
            known = KnownSurvey(line, unit, begin, until, closed=False)
            theirs = [(item, held) for item, held in mine if held.unit == unit]
            for place, (item, held) in enumerate(theirs[: 7 if line is Line.HORIZONTAL else 4]):
                found = results[place]
                told = SurveyEnterprise(
                    census=key,
                    result=found,
                    note="电话与实地核对" if found is not SurveyResult.LOST else "电话停机",
                    of=theirs[0][0].id if found is SurveyResult.DUPLICATE else None,
                )
                by = self._where.who[held.worker].actor
                yield self._step(self._span.later(begin, 1 + place % 3), 10, ENTERPRISE, item.id, told, by, known)
            if line is Line.HORIZONTAL:
                yield self._step(self._span.later(begin, 9), 17, CENSUS, key, CloseCensus(note="摸底完成"), head, KnownCensus())

    def _corrections(self) -> Iterator[Step]:
        for place, item in enumerate(self._served[40:52:3]):
            day = self._span.day(1, place)
            held = item.holder(Line.HORIZONTAL, day)
            assert held is not None  # noqa: S101  that is how they were chosen.
            worker, head = self._where.who[held.worker].actor, self._where.who[f"{held.unit}-head"].actor
            changes = AmendEnterprise.model_validate({"staff": item.staff + 4})
            key = derived_id("demo", "correction", item.code)
            proposed = ProposeCorrection(enterprise=item.id, changes=changes, reason="走访时核实用工人数有变化")
            known = KnownAnswering({held.unit: {held.sub_unit}}, {held.unit: {worker.id}})
            yield self._step(day, 9, CORRECTION, key, proposed, worker, known)
            later = self._span.later(day, 1)
            if place < 2:  # noqa: PLR2004
                yield self._step(later, 16, CORRECTION, key, ApproveCorrection(note="属实"), head, known)
                fact = CorrectionProposed(
                    enterprise=item.id, unit=held.unit, proposer=worker.id, reason=proposed.reason, staff=changes.staff, on=day
                )
                amended = AmendEnterprise.model_validate({"staff": changes.staff, "source": "correction", "batch": str(key)})
                yield self._step(later, 16, ENTERPRISE, item.id, amended, head, KnownCorrection(fact))
            elif place == 2:  # noqa: PLR2004
                yield self._step(later, 16, CORRECTION, key, RejectCorrection(reason="与上月社保人数不符,请再核实"), head, known)

    def _particulars(self) -> Iterator[Step]:
        office, day = self._where.who["office"].actor, self._span.day(0, 4)
        tags = (("重点企业",), ("规上",), ("专精特新",), ("包保", "重点企业"), ("招商引资",))
        for place, item in enumerate(self._served[60:100:2]):
            yield self._step(day, 15, ENTERPRISE, item.id, TagEnterprise(tags=tags[place % len(tags)]), office)
            main = ChooseMainContact(line=Line.VERTICAL if place % 3 == 0 else Line.HORIZONTAL, on=day)
            yield self._step(day, 16, ENTERPRISE, item.id, main, office)
            if place % 4 == 0:
                quiet = self._span.today + timedelta(days=5) if place % 8 == 0 else None
                wish = PreferContact(modes=(Mode.PHONE,), hours="工作日下午三点以后", quiet_until=quiet, note="会计月初较忙")
                yield self._step(day, 17, ENTERPRISE, item.id, wish, office)
        away, missing, back = self._served[101:104]
        custody = ChangeCustody(managed_elsewhere=True, on=self._span.today, reason="所在片区划归其他功能区代管")
        yield self._step(self._span.today - timedelta(days=1), 15, ENTERPRISE, away.id, custody, office)
        for item in (missing, back):
            gone = MissEnterprise(on=self._span.day(1, 2), batch="演示-2")
            yield self._step(self._span.day(1, 2), 15, ENTERPRISE, item.id, gone, office)
        found = FindEnterprise(reason="下一批登记数据中重新出现", batch="演示-3")
        yield self._step(self._span.day(1, 5), 15, ENTERPRISE, back.id, found, office)

    def _handovers(self) -> Iterator[Step]:
        """From today on, so that the visits of before were made by those who answered then: one done, one half signed, one off."""
        yesterday = self._span.today - timedelta(days=1)
        for place, unit in enumerate([unit for unit in self._units if unit.kind is UnitKind.TOWNSHIP][4:7]):
            code = unit.code
            giver, taker = self._where.who[f"{code}-worker1"], self._where.who[f"{code}-worker2"]
            mine = tuple(
                item.id
                for item in self._served
                if (held := item.holder(Line.HORIZONTAL, yesterday)) and held.worker == giver.account
            )
            key, head = derived_id("demo", "handover", code), self._where.who[f"{code}-head"].actor
            told = OpenHandover(
                unit=code,
                line=Line.HORIZONTAL,
                giver=giver.id,
                taker=taker.id,
                enterprises=mine[:3],
                on=self._span.today,
                document="演示交接〔2026〕1号",
                note="岗位调整",
            )
            yield self._step(yesterday, 9, HANDOVER, key, told, head, KnownHandover({code}, mine))
            yield self._step(yesterday, 10, HANDOVER, key, SignHandover(), giver.actor, KnownHandover({code}))
            signed = Handover(HandoverOpened.model_validate(told.model_dump()), ((giver.id, yesterday),))
            if place == 0:
                yield self._step(yesterday, 11, HANDOVER, key, SignHandover(), taker.actor, KnownHandover({code}))
                for item in mine[:3]:
                    moved = HandOverEnterprise(
                        line=Line.HORIZONTAL,
                        unit=code,
                        giver=giver.id,
                        taker=taker.id,
                        on=self._span.today,
                        document=told.document,
                    )
                    yield self._step(yesterday, 11, ENTERPRISE, item, moved, taker.actor, signed)
            elif place == 1:
                yield self._step(yesterday, 12, HANDOVER, key, WithdrawHandover(reason="人员暂不调整"), head, KnownHandover())


def organising(where: District, span: Span, enterprises: Sequence[Enterprise]) -> Iterator[Step]:
    """The roster's steps beside units, people and enterprises."""
    return Organising(where, span, enterprises).steps()
