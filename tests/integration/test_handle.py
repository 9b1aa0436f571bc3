"""What happens to every command: once, in order, decided again when somebody was quicker (design: how code is laid out)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from support.logs import entire
from support.roster import DAY, DISTRICT, unit
from support.world import District

from services.roster.domain.unit import UNIT, EndUnit, KnownUnit, RenameUnit, Standing, UnitExists
from services.visits.domain.material import MATERIAL, AddVersion, ApproveVersion, EnterMaterial
from shared.events.roster import UnitEstablished, UnitRenamed
from shared.language.facts import Command
from shared.language.problems import DoneByAnother, Forbidden, KeyReused, SaidOtherwise, Stale
from shared.language.terms import MaterialKind, Role, UnitKind
from shared.log.eventlog import head, load
from shared.log.handle import Ask, Done


def named(name: str) -> RenameUnit:
    return RenameUnit(name=name, on=DAY)


async def test_the_same_command_twenty_times_at_once_is_one_event(district: District) -> None:
    service = await district.open()
    for key, command in (("D1", DISTRICT), ("D1", named("新名"))):
        command_id, before = uuid4(), await head(service.pool)
        answers = await asyncio.gather(*(unit(district, key, command, command_id=command_id) for _ in range(20)))
        assert {(done.position, done.version) for done in answers} == {(before + 1, before + 1)}
        assert sorted(done.replayed for done in answers) == [False] + [True] * 19
        assert {done.state for done in answers} == {answers[0].state}
        assert await head(service.pool) == before + 1


async def test_a_repeat_however_late_gets_the_original_answer(district: District) -> None:
    service = await district.open()
    first = await unit(district, "D1", DISTRICT)
    command_id = uuid4()
    original = await unit(district, "D1", named("二"), command_id=command_id, expected=1)
    for name in ("三", "四"):
        await unit(district, "D1", named(name))
    repeat = await unit(district, "D1", named("二"), command_id=command_id, expected=1)
    assert (repeat.state, repeat.version, repeat.position, repeat.facts) == (
        original.state,
        original.version,
        original.position,
        original.facts,
    )
    assert repeat.replayed
    assert not original.replayed
    assert await head(service.pool) == first.position + 3


async def test_the_same_key_for_another_content_is_refused(district: District) -> None:
    service = await district.open()
    command_id = uuid4()
    await unit(district, "D1", DISTRICT, command_id=command_id)
    await unit(district, "D2", DISTRICT)
    for key, command in (("D1", named("别的")), ("D1", DISTRICT.model_copy(update={"name": "别的"})), ("D2", DISTRICT)):
        with pytest.raises(KeyReused):
            await unit(district, key, command, command_id=command_id)
    assert await head(service.pool) == 2


async def test_the_same_key_for_a_stream_that_is_not_there_yet_is_refused(district: District) -> None:
    service = await district.open()
    command_id = uuid4()
    await unit(district, "D1", DISTRICT, command_id=command_id)
    with pytest.raises(KeyReused):
        await unit(district, "D3", DISTRICT, command_id=command_id)
    assert await head(service.pool) == 1


async def test_what_somebody_else_repeats_is_decided_as_if_said_first(district: District) -> None:
    """The command of another is no key to its answer: only who may say it hears that it was said; nobody does it twice."""
    service = await district.open()
    command_id = uuid4()
    await unit(district, "D1", DISTRICT)
    await unit(district, "D1", named("二"), command_id=command_id)
    other = await service.context(district.actor(account="other-office"), "D1", KnownUnit("D1", uuid4()))
    stranger = replace(other, actor=district.actor(Role.WORKER, account="stranger"))
    with pytest.raises(Forbidden):
        await service.desk.handle(UNIT, "D1", named("二"), stranger, command_id=command_id)
    with pytest.raises(Forbidden):
        await service.desk.handle_all([Ask(UNIT, "D1", named("二"), stranger, command_id)])
    again = await service.desk.handle(UNIT, "D1", named("二"), other, command_id=command_id)
    assert (again.replayed, again.facts) == (True, ())
    await unit(district, "D1", named("三"))
    with pytest.raises(KeyReused):
        await service.desk.handle(UNIT, "D1", named("二"), other, command_id=command_id)
    assert await head(service.pool) == 3


async def test_a_batch_compares_the_content_of_what_it_knows(district: District) -> None:
    service = await district.open()
    context = await service.context(district.actor(), "x", KnownUnit("D1", uuid4()))
    ask = Ask(UNIT, "D1", DISTRICT, context, uuid4())
    await service.desk.handle_all([ask])
    for other in (replace(ask, command=DISTRICT.model_copy(update={"name": "别的"})), replace(ask, key="D2")):
        with pytest.raises(KeyReused):
            await service.desk.handle_all([other])
    assert await head(service.pool) == 1


async def test_a_version_conflict_is_decided_again(district: District) -> None:
    service = await district.open()
    await unit(district, "D1", DISTRICT)
    answers = await asyncio.gather(*(unit(district, "D1", named(f"名 {n}")) for n in range(20)))
    assert sorted(done.version for done in answers) == list(range(2, 22))
    entries = await load(service.pool, "unit/D1")
    assert [entry.version for entry in entries] == list(range(1, 22))
    assert {entry.fact.name for entry in entries[1:]} == {f"名 {n}" for n in range(20)}  # type: ignore[attr-defined]


async def test_two_who_establish_the_same_unit_at_once_get_one_unit_and_one_refusal(district: District) -> None:
    service = await district.open()
    others = DISTRICT.model_copy(update={"name": "另一个区"})
    answers = await asyncio.gather(unit(district, "D1", DISTRICT), unit(district, "D1", others), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Done", "UnitExists"]
    assert await head(service.pool) == 1


async def test_a_change_from_an_older_version_is_refused_as_stale(district: District) -> None:
    await district.open()
    await unit(district, "D1", DISTRICT)
    await unit(district, "D1", named("二"), expected=1)
    with pytest.raises(Stale) as refused:
        await unit(district, "D1", named("三"), expected=1)
    assert refused.value.facts == {"expected": 1, "actual": 2}


async def test_what_is_refused_leaves_nothing_behind_and_its_key_is_free(district: District) -> None:
    service = await district.open()
    await unit(district, "D1", DISTRICT)
    command_id = uuid4()
    with pytest.raises(Forbidden):
        await unit(district, "D1", named("二"), command_id=command_id, role=Role.WORKER)
    with pytest.raises(UnitExists):
        await unit(district, "D1", DISTRICT.model_copy(update={"name": "x"}), command_id=command_id)
    assert (await unit(district, "D1", named("二"), command_id=command_id)).position == 2
    assert await service.pool.fetchval("select count(*) from log.command") == 2


async def test_what_is_so_already_writes_nothing(district: District) -> None:
    service = await district.open()
    await unit(district, "D1", DISTRICT)
    again = await unit(district, "D1", DISTRICT)
    assert (again.replayed, again.position, again.facts) == (True, 1, ())
    assert await head(service.pool) == 1


async def test_a_batch_is_written_whole_and_once(district: District) -> None:
    service = await district.open()
    context = await service.context(district.actor(), "x", None)
    asks = []
    for n in range(50):
        known = KnownUnit(f"T{n}", uuid4(), UnitKind.DISTRICT)
        command = DISTRICT.model_copy(update={"kind": UnitKind.TOWNSHIP, "parent": "D1", "name": f"乡 {n}"})
        asks.append(Ask(UNIT, f"T{n}", command, replace(context, known=known), uuid4()))
    await unit(district, "D1", DISTRICT)
    first = await service.desk.handle_all(asks[:30])
    assert [one.position for one in first] == list(range(2, 32))
    assert [(one.position, one.replayed) for one in await service.desk.handle_all(asks[:30])] == [(n, True) for n in range(2, 32)]
    assert [one.position for one in await service.desk.handle_all(asks)] == list(range(2, 52))
    spoilt = Ask(UNIT, "D9", EndUnit(on=DAY), asks[0].context, uuid4())
    with pytest.raises(Exception, match="没有找到"):
        await service.desk.handle_all([Ask(UNIT, "D8", DISTRICT, asks[0].context, uuid4()), spoilt])
    assert await head(service.pool) == 51
    assert await service.pool.fetchval("select count(*) from unit") == 51


async def test_twins_of_a_batch_at_once_write_it_once(district: District) -> None:
    service = await district.open()
    context = await service.context(district.actor(), "x", KnownUnit("D", uuid4()))
    asks = [Ask(UNIT, f"D{n}", DISTRICT, context, uuid4()) for n in range(40)]
    told = await asyncio.gather(*(service.desk.handle_all(asks) for _ in range(8)))
    assert {tuple(one.position for one in done) for done in told} == {tuple(range(1, 41))}
    assert len({entry.stream for entry in await entire(service.pool)}) == await head(service.pool) == 40


async def test_the_envelope_says_who_what_and_why(district: District) -> None:
    service = await district.open()
    command_id = uuid4()
    await unit(district, "D1", DISTRICT, command_id=command_id)
    (entry,) = await load(service.pool, "unit/D1")
    envelope = entry.envelope
    assert (envelope["specversion"], envelope["type"], envelope["subject"]) == ("1.0", "roster.unit-established.v1", "unit/D1")
    assert envelope["source"] == f"/{district.code}/roster"
    assert envelope["causationid"] == str(command_id)
    assert envelope["actorid"] == str(district.actor().id)
    assert envelope["actorrole"] == "office"
    assert isinstance(entry.fact, UnitEstablished)
    names = ((DAY, "某区"), (DAY, "二"))
    assert UNIT.fold([entry.fact, UnitRenamed(name="二", on=DAY)]) == Standing("D1", UnitKind.DISTRICT, DAY, names)


async def test_what_a_second_person_signs_is_no_repeat_by_a_third(district: District) -> None:
    """Whoever comes after the one who signed has signed nothing, and hears it; the one who did hears what came of it."""
    service, key = await district.open("visits"), uuid4()

    async def say(command: Command, account: str, *roles: Role) -> Done[Any]:
        context = await service.context(district.actor(*roles, unit="T01", account=account), key, None)
        return await service.desk.handle(MATERIAL, key, command, context, command_id=uuid4())

    await say(EnterMaterial(unit="T01", kind=MaterialKind.SLOGAN, title="标语"), "l", Role.LIAISON)
    version = AddVersion(text="贵人服务,一线解忧", note="初稿")
    await say(version, "l", Role.LIAISON)
    assert (await say(version, "l", Role.LIAISON)).replayed
    with pytest.raises(SaidOtherwise):
        await say(version.model_copy(update={"note": "二稿"}), "l", Role.LIAISON)
    assert not (await say(ApproveVersion(no=1), "h", Role.HEAD)).replayed
    assert (await say(ApproveVersion(no=1), "h", Role.HEAD)).replayed
    with pytest.raises(DoneByAnother):
        await say(ApproveVersion(no=1), "h2", Role.HEAD)
