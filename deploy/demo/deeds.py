"""What is done for the enterprises beside visiting: policies, publicity, consultations, questionnaires, surveys, their own word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from deploy.demo.district import District, Person
from deploy.demo.life import Pictures, Visit, known_units
from deploy.demo.pictures import attachments, lookalikes
from deploy.demo.steps import Span, Step, moment
from deploy.demo.words import POLICIES, QUESTIONS
from services.visits.domain import answers
from services.visits.domain import campaign as publicity
from services.visits.domain import material as library
from services.visits.domain.consultation import (
    CONSULTATION,
    ConfirmConsultation,
    FulfilDecision,
    HoldConsultation,
    KnownPeople,
    TakeDecision,
    Wish,
)
from services.visits.domain.distribution import DISTRIBUTION, DistributeMaps, KnownEditions, WithdrawDistribution
from services.visits.domain.feedback import FEEDBACK, AllegeInspection, KnownSpeaker, RaiseDemand
from services.visits.domain.link import LINK, IssueLink, KnownIssuing, KnownVisited, ReissueLink, RevokeLink
from services.visits.domain.policy import POLICY, PublishPolicy, RetirePolicy
from services.visits.domain.poll import POLL, RESPONSE, ClosePoll, GiveAnswers, KnownResponse, OpenPoll
from services.visits.domain.questionnaire import (
    QUESTIONNAIRE,
    DefineQuestionnaire,
    PublishQuestionnaire,
    RetireQuestionnaire,
)
from services.visits.domain.reuse import REUSE, KnownPair, RuleEvidence, distance, pair_id
from services.visits.domain.sampling import Member, draw
from services.visits.domain.survey import SURVEY, AnswerOf, AnswerSurvey, CloseSurvey, DrawSurvey, KnownPopulation
from services.visits.domain.switches import KEY, SWITCHES, CapContacts, RequirePhotos, WaivePhotos
from services.visits.domain.visit.commands import ConfirmVisit, DenyVisit, RecordVisit, RuleVisit, UpholdVisit
from services.visits.domain.visit.decide import VISIT, KnownVisit
from shared.events.visits import Choice, Visited
from shared.http.public import NOBODY
from shared.language.decider import Actor, AnyDecider
from shared.language.facts import Command
from shared.language.known import KnownMember, Post
from shared.language.personal import Personal
from shared.language.terms import (
    Awareness,
    Category,
    Channel,
    Conductor,
    EvidenceKind,
    LinkPurpose,
    MaterialKind,
    Mode,
    Occasion,
    Rating,
    Role,
    Ruling,
    SurveyAnswer,
    UnitKind,
    derived_id,
)

ITSELF = Actor(NOBODY, "visits", frozenset({Role.SYSTEM}))
"""The platform, writing down what an enterprise says."""
_SAID = (
    SurveyAnswer.UNDERSTOOD,
    SurveyAnswer.UNDERSTOOD,
    SurveyAnswer.HEARD,
    SurveyAnswer.UNDERSTOOD,
    SurveyAnswer.UNKNOWN,
    SurveyAnswer.HEARD,
    SurveyAnswer.REFUSED,
    SurveyAnswer.UNDERSTOOD,
    SurveyAnswer.UNREACHED,
)


class Deeds:
    """Makes the steps; every id follows from what it is and its place."""

    def __init__(self, where: District, span: Span, planned: Sequence[Visit], pictures: Pictures) -> None:
        self._where, self._span, self._pictures = where, span, pictures
        first = span.months[0]
        good = (v for v in planned if v.exemplary and first.contains(v.on) and v.command.mode is not Mode.QUESTIONNAIRE)
        self._good = list({visit.enterprise.id: visit for visit in good}.values())
        """Of the first month, one an enterprise, accepted for certain: about them something more can be told."""
        self._asked = {(v.enterprise.id, f"{v.on:%Y-%m}") for v in planned if v.mode is Mode.QUESTIONNAIRE}
        self._planned = planned
        self._units = known_units(where)
        self._members = {p.id: KnownMember(p.id, p.account, (Post(p.unit, p.role, None),)) for p in where.people}
        self._count = count(1)

    def steps(self) -> Iterator[Step]:
        """All of them; the loader puts them in the order of time."""
        for part in (
            self._policies,
            self._switches,
            self._materials,
            self._campaigns,
            self._maps,
            self._consultations,
            self._links,
            self._own_words,
            self._held,
            self._reuse,
            self._questionnaire,
            self._survey,
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
    ) -> Step:
        id_ = derived_id("demo", "deed", str(next(self._count)), str(key))
        about = key if isinstance(key, UUID) else derived_id("visits", key)
        return Step(moment(day, hour, 36), decider, str(key), command, by, id_, about, known)

    def _who(self, what: str) -> Person:
        return self._where.who[what]

    def _day(self, month: int, place: int) -> date:
        """A working day of one of the two whole months."""
        days = self._span.workdays(self._span.months[month])
        return days[place % len(days)]

    def _policies(self) -> Iterator[Step]:
        day, office = self._span.founded, self._who("office").actor
        for place, title in enumerate(POLICIES):
            command = PublishPolicy(
                unit="office",
                title=title,
                text=f"{title}:申报对象、条件、材料与办理窗口见区政务服务网(演示)。",
                url="",
                document=f"演示政〔2026〕{place + 1}号",
                industries=("51", "52") if title.startswith("增值税") else (),
                sizes=(),
                tags=(),
                since=day,
                until=None,
            )
            key = derived_id("demo", "policy", title)
            yield self._step(day, 9, POLICY, key, command, office)
        retired = derived_id("demo", "policy", POLICIES[-2])
        yield self._step(self._day(1, 5), 9, POLICY, retired, RetirePolicy(reason="政策到期"), office)

    def _switches(self) -> Iterator[Step]:
        """A rule announced for later and taken back before it held, so that no visit was judged by it."""
        head, day = self._who("office-head").actor, self._day(0, 2)
        require = RequirePhotos(necessity="拟核验上门服务真实性,其他印证方式不足", since=day + timedelta(days=40))
        yield self._step(day, 10, SWITCHES, KEY, require, head)
        yield self._step(self._day(0, 6), 10, SWITCHES, KEY, WaivePhotos(reason="一线反映增加负担,改为任选其一"), head)
        yield self._step(self._day(0, 6), 11, SWITCHES, KEY, CapContacts(most=3), head)

    def _materials(self) -> Iterator[Step]:
        day, day2 = self._day(0, 1), self._day(0, 3)
        unit = self._where.filing[0].code
        liaison, head = self._who(f"{unit}-liaison").actor, self._who(f"{unit}-head").actor
        kinds = (
            (MaterialKind.ONE_MAP, "贵人服务一张图"),
            (MaterialKind.SLOGAN, "宣传标语"),
            (MaterialKind.VIDEO, "办事指南短视频"),
        )
        for kind, title in kinds:
            key = self._material(kind)
            yield self._step(day, 9, library.MATERIAL, key, library.EnterMaterial(unit=unit, kind=kind, title=title), liaison)
            for number in range(1, 3):
                text = f"{title} 第{number}版:贵在真心,服务到家。"
                yield self._step(
                    day, 9 + number, library.MATERIAL, key, library.AddVersion.model_validate({"text": text}), liaison
                )
            if kind is not MaterialKind.VIDEO:
                yield self._step(day, 15, library.MATERIAL, key, library.ApproveVersion(no=2), head)
                used = library.UseVersion(no=2, on=day2, place="政务服务大厅", words="张贴并发放")
                yield self._step(day2, 15, library.MATERIAL, key, used, liaison)

    def _material(self, kind: MaterialKind) -> UUID:
        return derived_id("demo", "material", kind)

    def _campaigns(self) -> Iterator[Step]:
        """A department's with its launch, a township's that runs, one that waits for its head."""
        department = next(unit for unit in self._where.filing if unit.kind is UnitKind.DEPARTMENT)
        townships = [unit for unit in self._where.filing if unit.kind is UnitKind.TOWNSHIP][:2]
        photo = self._pictures[EvidenceKind.PHOTO][0]
        for place, unit in enumerate((department, *townships)):
            key, known = derived_id("demo", "campaign", unit.code), publicity.KnownCampaign(self._units[unit.code])
            liaison, head = self._who(f"{unit.code}-liaison").actor, self._who(f"{unit.code}-head").actor
            plan: dict[str, Any] = {
                "unit": unit.code,
                "title": "“贵人服务”宣传月",
                "content": "走进企业、园区和市场开展政策宣传。",
                "starts": self._day(0, 4),
                "ends": self._span.months[1].last_day,
                "targets": ("覆盖全部服务企业", "发放一张图不少于两百份"),
            }
            yield self._step(
                self._day(0, 1), 9, publicity.CAMPAIGN, key, publicity.PlanCampaign.model_validate(plan), liaison, known
            )
            if place == 2:  # noqa: PLR2004
                continue
            revised = publicity.ReviseCampaign.model_validate(
                {**plan, "content": "走进企业、园区和市场开展政策宣传,同步收集诉求。"}
            )
            yield self._step(self._day(0, 2), 9, publicity.CAMPAIGN, key, revised, liaison, known)
            yield self._step(self._day(0, 3), 9, publicity.CAMPAIGN, key, publicity.ApproveCampaign(note="同意"), head, known)
            kept = publicity.AddCampaignFile(
                sha256=photo.sha256, original=photo.original, media_type=photo.media_type, size=photo.size
            )
            yield self._step(self._day(0, 4), 9, publicity.CAMPAIGN, key, kept, liaison, known)
            if place == 0:
                invited = tuple(dict.fromkeys(visit.enterprise.id for visit in self._good[:8]))
                launch = publicity.LaunchCampaign(
                    on=self._day(0, 4), place="区政务服务中心", invited=invited, evidence=(photo.sha256,), note=""
                )
                more = replace(known, enterprises=frozenset(invited))
                yield self._step(self._day(0, 4), 16, publicity.CAMPAIGN, key, launch, liaison, more)
            channels = (
                (Channel.WECHAT, "https://example.gov.cn/a/1"),
                (Channel.WEBSITE, "https://example.gov.cn/a/2"),
                (Channel.LED, ""),
            )
            for number, (channel, link) in enumerate(channels):
                used = publicity.UseChannel(
                    channel=channel,
                    on=self._day(0, 6 + number),
                    title="贵人服务在身边",
                    link=link,
                    photo=None if link else photo.sha256,
                    reach=1_200 - 300 * number,
                )
                yield self._step(self._day(0, 6 + number), 16, publicity.CAMPAIGN, key, used, liaison, known)
            day = self._day(1, 3)
            checked = publicity.CheckLink(no=2, on=day, alive=False, words="页面已下线")
            yield self._step(day, 16, publicity.CAMPAIGN, key, checked, liaison, known)

    def _maps(self) -> Iterator[Step]:
        occasions = (Occasion.INVESTMENT, Occasion.COUNTER, Occasion.PUBLICITY)
        one_map = KnownEditions(frozenset({2}))
        for place, unit in enumerate(self._where.filing[1:20:3]):
            liaison, day = self._who(f"{unit.code}-liaison").actor, self._day(0, 8 + place)
            given = DistributeMaps(
                unit=unit.code,
                on=day,
                occasion=occasions[place % 3],
                event="企业座谈会",
                copies=20 + 15 * place,
                material=self._material(MaterialKind.ONE_MAP),
                edition=2,
            )
            key = derived_id("demo", "maps", unit.code)
            yield self._step(day, 17, DISTRIBUTION, key, given, liaison, one_map)
            if place == 3:  # noqa: PLR2004
                yield self._step(
                    self._span.later(day, 1), 9, DISTRIBUTION, key, WithdrawDistribution(reason="与另一条重复登记"), liaison
                )

    def _consultations(self) -> Iterator[Step]:
        by_unit: dict[str, list[Visit]] = {}
        for visit in self._good:
            by_unit.setdefault(visit.held.unit, []).append(visit)
        for place, (unit, visits) in enumerate(sorted(by_unit.items())[:4]):
            about, day = visits[:2], self._day(1, 2 + place)
            people = [self._who(f"{unit}-{what}") for what in ("head", "deputy", "liaison", "worker1")]
            known = KnownPeople(
                {person.id: self._members[person.id] for person in people},
                self._units,
                {visit.id: frozenset({unit, *({visit.joint.unit} if visit.joint else ())}) for visit in about},
            )
            due = self._span.later(day, 3)
            wishes = tuple(
                Wish(content=text, unit=unit, member=people[3].id, due=due)
                for text in ("对接金融机构上门服务", "联系供电所现场勘察")
            )
            held = HoldConsultation(
                unit=unit,
                on=day,
                place="三楼会议室",
                title="企业诉求会商研判",
                participants=tuple(p.id for p in people),
                visits=tuple(visit.id for visit in about),
                tickets=(),
                minutes="研究了走访中反映的融资和用电问题,议定由专人限时对接。",
                decisions=wishes,
            )
            key, liaison, head = derived_id("demo", "consultation", unit), people[2].actor, people[0].actor
            yield self._step(day, 16, CONSULTATION, key, held, liaison, known)
            more = TakeDecision(decision=Wish(content="向企业书面反馈办理情况", unit=unit, member=people[3].id, due=due))
            yield self._step(self._span.later(day, 1), 9, CONSULTATION, key, more, liaison, known)
            if place < 3:  # noqa: PLR2004
                yield self._step(self._span.later(day, 1), 11, CONSULTATION, key, ConfirmConsultation(note="同意"), head, known)
                done = FulfilDecision(no=1, words="已上门对接,企业已提交材料")
                yield self._step(self._span.later(day, 2), 15, CONSULTATION, key, done, people[3].actor, known)

    def _links(self) -> Iterator[Step]:
        for place, visit in enumerate(self._good[:8]):
            day, key = self._day(1, 1), derived_id("demo", "link", visit.enterprise.code)
            worker, token = self._who(visit.worker).actor, _token(visit.enterprise.code, "1")
            purpose = LinkPurpose.VISIT if place % 4 == 1 else LinkPurpose.GENERAL
            issued = IssueLink(
                enterprise=visit.enterprise.id,
                purpose=purpose,
                days=180,
                visit=visit.id if purpose is LinkPurpose.VISIT else None,
                token=Personal(token),
                token_sha256=_digest(token),
            )
            known = KnownIssuing(visit.known.enterprise, KnownVisited(visit.enterprise.id, frozenset({visit.held.unit})))
            yield self._step(day, 9, LINK, key, issued, worker, known)
            if place == 6:  # noqa: PLR2004
                fresh = _token(visit.enterprise.code, "2")
                again = ReissueLink(days=180, token=Personal(fresh), token_sha256=_digest(fresh))
                yield self._step(self._day(1, 2), 9, LINK, key, again, worker)
            if place == 7:  # noqa: PLR2004
                yield self._step(self._day(1, 2), 9, LINK, key, RevokeLink(reason="企业更换联系人"), worker)

    def _own_words(self) -> Iterator[Step]:
        """What enterprises said by themselves: every rating there is, two who say nobody came, a report and a wish."""
        for place, visit in enumerate(self._good[10:22]):
            rating = list(Rating)[place % len(Rating)]
            said = ConfirmVisit(rating=rating, aware=Awareness.UNDERSTOOD, words=Personal("服务及时") if place % 3 == 0 else None)
            yield self._step(self._after(visit), 19, VISIT, visit.id, said, ITSELF, KnownVisit())
        for place, visit in enumerate(self._good[22:24]):
            nobody = DenyVisit(words=Personal("当天没有人来过"))
            yield self._step(self._after(visit), 19, VISIT, visit.id, nobody, ITSELF, KnownVisit())
            if place == 0:
                deputy = self._who(f"{visit.held.unit}-deputy").actor
                upheld = UpholdVisit(reason="已核对通话记录,接听人为企业新任联系人")
                yield self._step(self._span.later(self._after(visit), 2), 15, VISIT, visit.id, upheld, deputy, KnownVisit())
        yesterday = self._span.today - timedelta(days=1)
        told, asking = self._good[24], self._good[25]
        known = KnownSpeaker(told.known.enterprise, (told.held.unit,))
        report = AllegeInspection(visit=told.id, words=Personal("上门时要求查看账本和消防台账(演示)"))
        yield self._step(yesterday, 10, FEEDBACK, derived_id("demo", "feedback", "1"), report, ITSELF, known)
        wish = RaiseDemand(content="希望协调解决厂区门口夜间照明", category=Category.UTILITIES)
        known = KnownSpeaker(asking.known.enterprise)
        yield self._step(yesterday, 11, FEEDBACK, derived_id("demo", "feedback", "2"), wish, ITSELF, known)

    def _after(self, visit: Visit) -> date:
        """When everything about the visit was over."""
        return self._span.later(visit.entered.date(), 6)

    def _held(self) -> Iterator[Step]:
        """Told offline by somebody who did not answer for the enterprise: let in, turned down, waiting."""
        for place, visit in enumerate(self._good[30:33]):
            stranger = next(u for u in self._where.filing if u.line is visit.line and u.code != visit.held.unit)
            person = self._who(f"{stranger.code}-worker1")
            day, key = self._after(visit), derived_id("demo", "held", str(visit.id))
            told = RecordVisit.model_validate(
                {
                    "enterprise": visit.enterprise.id,
                    "on": day,
                    "mode": Mode.PHONE,
                    "visitors": (person.id,),
                    "note": "离线登记:企业生产经营正常,暂无其他情况。",
                    "connected_seconds": 75,
                    "claimed_at": moment(day, 10),
                }
            )
            known = KnownVisit(replace(visit.known, members={person.id: self._members[person.id]}), visit.known.enterprise)
            later = self._span.later(day, 1)
            yield self._step(later, 10, VISIT, key, told, person.actor, known)
            office = self._who("office").actor
            if place < 2:  # noqa: PLR2004
                ruling = RuleVisit(
                    ruling=Ruling.ADMIT if place == 0 else Ruling.DISMISS,
                    reason="协助走访属实" if place == 0 else "该企业由其他单位负责,当月已走访",
                )
                yield self._step(self._span.later(later, 1), 16, VISIT, key, ruling, office, known)

    def _reuse(self) -> Iterator[Step]:
        """Two visits of one unit get a picture each that look alike: somebody looked and found the same gate, not the same visit."""
        first, *others = self._good[34:]
        second = next((visit for visit in others if visit.held.unit == first.held.unit), None)
        if second is None:
            return
        one, other = attachments(lookalikes(), looks=True)[EvidenceKind.PHOTO]
        for visit, picture in ((first, one), (second, other)):
            yield self._step(self._after(visit), 11, VISIT, visit.id, picture, self._who(visit.worker).actor, KnownVisit())
        ruling = RuleEvidence(
            first_visit=first.id,
            first=one.sha256,
            second_visit=second.id,
            second=other.sha256,
            reused=False,
            reason="同一园区大门,两次走访均属实",
        )
        tellers = frozenset({*first.command.visitors, *second.command.visitors})
        known = KnownPair(frozenset({first.held.unit}), tellers, distance(one.phash or "", other.phash or ""))
        key = pair_id((first.id, one.sha256), (second.id, other.sha256))
        day = max(self._after(first), self._after(second))
        yield self._step(day, 16, REUSE, key, ruling, self._who("office").actor, known)

    def _questionnaire(self) -> Iterator[Step]:
        office, key, poll = self._who("office").actor, derived_id("demo", "questionnaire"), derived_id("demo", "poll")
        begin, month = self._day(1, 1), self._span.months[1]
        define = DefineQuestionnaire(title="“贵人服务”满意度问卷", introduction="三分钟,匿名统计。", questions=QUESTIONS)
        yield self._step(begin, 8, QUESTIONNAIRE, key, define, office)
        yield self._step(begin, 9, QUESTIONNAIRE, key, PublishQuestionnaire(), office)
        opened = OpenPoll(title=f"{month}问卷", questionnaire=key, no=1, units=(), begins_on=begin, ends_on=month.last_day)
        yield self._step(begin, 10, POLL, poll, opened, office)
        chosen = [visit for visit in self._good[40:60] if (visit.enterprise.id, str(month)) not in self._asked]
        seen: set[UUID] = set()
        for place, visit in enumerate(chosen):
            if visit.enterprise.id not in seen and not visit.enterprise.ended:
                seen.add(visit.enterprise.id)
                yield from self._answered(visit, poll, place, self._span.later(begin, 1 + place % 5))
        yield self._step(self._span.later(begin, 8), 17, POLL, poll, ClosePoll(reason="本月回收结束"), office)
        old = derived_id("demo", "questionnaire", "old")
        yield self._step(self._day(0, 1), 9, QUESTIONNAIRE, old, define, office)
        yield self._step(self._day(0, 3), 9, QUESTIONNAIRE, old, RetireQuestionnaire(reason="改用新版"), office)

    def _answered(self, visit: Visit, poll: UUID, place: int, day: date) -> Iterator[Step]:
        """The answers and the visit they are: as the public page writes them, at one moment."""
        enterprise, worker = visit.enterprise, self._who(visit.worker)
        key = derived_id("visit", "questionnaire", str(enterprise.id), f"{day:%Y-%m}")
        judged = answers.judged(QUESTIONS, {"known": "understood", "rating": 5 - place % 5, "staff": enterprise.staff})
        named = Visited(id=enterprise.id, code=enterprise.code, name=enterprise.name)
        given = GiveAnswers(
            poll=poll,
            link=derived_id("demo", "link", enterprise.code),
            enterprise=enterprise.id,
            asked=judged.asked,
            answered=judged.answered,
            choices=(
                *(Choice(question=name, chosen=chosen) for name, chosen in judged.chosen.items()),
                *(Choice(question=name, number=number) for name, number in judged.numbers.items()),
            ),
        )
        yield self._step(day, 20, RESPONSE, key, given, ITSELF, KnownResponse(named))
        told = RecordVisit.model_validate(
            {
                "enterprise": enterprise.id,
                "on": day,
                "mode": Mode.QUESTIONNAIRE,
                "visitors": (worker.id,),
                "ack": "scan",
                **answers.telling(QUESTIONS, judged),
            }
        )
        known = KnownVisit(replace(visit.known, members={worker.id: self._members[worker.id]}))
        yield self._step(day, 20, VISIT, key, told, ITSELF, known)

    def _survey(self) -> Iterator[Step]:
        """A third party asked a sample of enterprises whether they know what is done for them (R07)."""
        office, key, day = self._who("office").actor, derived_id("demo", "survey"), self._day(1, 2)
        members = {
            Member(held.unit, size, item.code)
            for item in {visit.enterprise.id: visit.enterprise for visit in self._planned}.values()
            if (held := next(iter(item.held.values()))[0])
            for size in ("small" if item.staff >= 20 else "micro",)  # noqa: PLR2004
        }
        population, seed = tuple(sorted(members)), "0520502"
        known = KnownPopulation(population, 1, seed)
        command = DrawSurvey(
            title="贵人服务知晓率抽样调查", conductor=Conductor.THIRD_PARTY, agency="演示调查机构", sample_size=200
        )
        yield self._step(day, 9, SURVEY, key, command, office, known)
        codes = [code for stratum in draw(population, seed, 200) for code in stratum.sample]
        later = self._span.later(day, 5)
        told = tuple(AnswerOf(code=code, answer=_SAID[place % len(_SAID)], on=later) for place, code in enumerate(codes))
        yield self._step(later, 17, SURVEY, key, AnswerSurvey(answers=told), office)
        yield self._step(self._span.later(later, 1), 17, SURVEY, key, CloseSurvey(note="调查结束"), office)


def doing(where: District, span: Span, planned: Sequence[Visit], pictures: Pictures) -> Iterator[Step]:
    """The steps of visits beside the visits themselves."""
    return Deeds(where, span, planned, pictures).steps()


def _token(*what: str) -> str:
    """What a link carries. In a real district it is random; here everybody gets the same, and nobody real is behind it."""
    return sha256("/".join(("demo", "link", *what)).encode()).hexdigest()[:32]


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
