"""Personal data of the roster: found by number, read with a reason, erased (个人信息保护法)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.enterprise import subject
from services.roster.domain.subject import (
    CONFIRMING,
    SUBJECT,
    Asked,
    ConfirmErasure,
    Erased,
    EraseSubject,
    KnownSubject,
    RejectErasure,
)
from services.roster.projections.sealed import sealed
from services.roster.projections.subjects import DISCLOSURE
from services.roster.queries.dated import standing
from services.roster.queries.reading import answering, reach
from shared.asking import Caller, CommandId, Cursor, Limit, listing, receipt
from shared.decider import Actor
from shared.disclosure import Disclose, UnmaskPersonal, disclose, disclosed, records_of, watch
from shared.entrance import Entrance
from shared.events import Command
from shared.limits import Limiter
from shared.months import local_date
from shared.persons import member_seat, persons_of
from shared.phones import Phone
from shared.problems import Forbidden, Unknown
from shared.public import NOBODY
from shared.reach import may_open, sees_unit
from shared.service import Service
from shared.sweeping import Unfinished, for_each
from shared.terms import Role, new_id
from shared.vault import Personal

log = structlog.get_logger()
router = APIRouter(tags=["个人信息"], route_class=Entrance)

AccountName = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="账号")]
_LOOKING_UP = (Role.HOTLINE, Role.OFFICE, Role.OFFICE_HEAD, Role.SYSTEM)
_LOOKUPS = Limiter(30, 20)


class FindPhone(Command):
    """A number somebody calls from."""

    phone: Phone


@router.post("/enterprises/{id_}/unmask", name="unmask_enterprise", summary="查看企业联系人信息(须写明原因,留痕)")
async def unmask_enterprise(
    id_: UUID, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """For those who may see all of the enterprise and not only masked: the district's readers, leaders and liaisons of a unit
    that answers for it, its own worker and informants. The desk and the callers have the number with the ticket, in issues.
    """
    service: Service = request.app.state.service
    may = await reach(service, caller)
    may_open(caller)
    row = await service.pool.fetchrow("select sealed from enterprise where id = $1", id_)
    if row is None:
        raise Unknown(what="enterprise", id=str(id_))
    units = await answering(service, id_)
    may.must_cover(units, id_)
    data: dict[str, Personal | None] = {name: Personal.read(token) for name, token in orjson.loads(row["sealed"]).items()}
    unit = caller.unit if caller.unit in units else next(iter(units), "")
    return await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="enterprise", about=id_, unit=unit, data=data
    )


@router.post("/members/{account}/unmask", name="unmask_member", summary="查看网格人员电话(须写明原因,留痕)")
async def unmask_member(
    account: AccountName, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    may_open(caller)
    row = await service.pool.fetchrow(
        "select member, phone, unit from post where account = $1 "
        "order by since <= $2 and (until is null or until > $2) desc, number desc limit 1",
        account, local_date(service.clock()),
    )  # fmt: skip
    if row is None:
        raise Unknown(what="member", id=account)
    if not sees_unit(caller, row["unit"]) and caller.id != row["member"]:
        raise Forbidden(unit=row["unit"])
    return await disclose(
        service, DISCLOSURE, caller, command_id, command, response, what="member", about=row["member"], unit=row["unit"],
        data={"phone": sealed(row["phone"])},
    )  # fmt: skip


@router.get("/disclosures", name="list_disclosures", summary="个人信息查看记录")
async def disclosures(
    caller: Caller, request: Request, about: UUID | None = None, cursor: Cursor = None, limit: Limit = 100
) -> dict[str, Any]:
    """Who read what of whom, when and why. The auditor and the inspectorate see all, a head what was read of their unit's."""
    return await disclosed(request.app.state.service, caller, cursor, limit, about=about)


@router.post("/lookups/phone", name="find_by_phone", summary="按电话号码查找企业和人员(来电弹屏)")
async def find(command: FindPhone, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """By a keyed digest of the number: nothing is decrypted, and the number stands in no address and no log. That somebody looked,
    and whom it led to, is recorded like a reading in clear; nobody looks up more numbers than telephones ring.
    """
    service: Service = request.app.state.service
    if not caller.holds(*_LOOKING_UP):
        raise Forbidden(needs=[role.label for role in _LOOKING_UP])
    _LOOKUPS.take(str(caller.id))
    subjects, today = await service.vault.find(command.phone.found_by or ""), local_date(service.clock())
    enterprises = await service.pool.fetch(
        f"select e.id, e.code, e.name, {standing('e', '$2')} as standing from contact c join enterprise e on e.id = c.enterprise "
        "where c.subject = any($1::uuid[]) order by e.code", subjects, today,
    )  # fmt: skip
    members = await service.pool.fetch(
        "select distinct on (member) member as id, account, unit, role, name as sealed from post where (phone ->> 'sub')::uuid = any($1::uuid[]) "
        "order by member, since <= $2 and (until is null or until > $2) desc, number desc", subjects, today,
    )  # fmt: skip
    led_to = [("enterprise", row["id"]) for row in enterprises] + [("member", row["id"]) for row in members]
    for what, about in led_to or [("nobody", NOBODY)]:
        asked = Disclose(what=f"lookup-{what}", about=about, unit="", fields=("phone",), reason="按电话号码查找")
        key = new_id()
        context = await service.context(caller, about)
        await service.desk.handle(DISCLOSURE, key, asked, context, command_id=key)
    await watch(service, caller)
    names = await service.vault.masked([sealed(row["sealed"]) for row in members])
    response.headers["Cache-Control"] = "no-store"
    return {
        "enterprises": [dict(row) for row in enterprises],
        "members": [
            {"id": row["id"], "account": row["account"], "unit": row["unit"], "role": row["role"], "name": name}
            for row, name in zip(members, names, strict=True)
        ],
    }  # fmt: skip


@router.get("/subjects", name="find_subjects", summary="个人信息主体编号(用于删除)")
async def subjects(
    caller: Caller, request: Request, enterprise: UUID | None = None,
    account: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{1,64}$")] = None,
) -> dict[str, Any]:  # fmt: skip
    """The subjects behind an enterprise (its contacts, its legal persons: one after another) or an account, and whether they were
    erased. By number: ``find_subjects_by_phone``.
    """
    _may_erase(caller)
    service: Service = request.app.state.service
    found: dict[UUID, str] = {}
    if enterprise is not None:
        for what in ("contact", "legal_person"):
            found |= dict.fromkeys(await persons_of(service.vault, subject(enterprise, what)), what)
    if account is not None:
        found |= dict.fromkeys(await persons_of(service.vault, member_seat(account)), "member")
    return {"items": await _told(service, found)}


@router.post("/subjects/find", name="find_subjects_by_phone", summary="按电话号码查找个人信息主体(用于删除)")
async def subjects_by_phone(command: FindPhone, caller: Caller, request: Request, response: Response) -> dict[str, Any]:
    """Every subject under which the number was ever kept, in whichever service: contacts, members, callers, orders, and the words
    of records in which it was typed. ``GET /subjects/{id}/records`` of each service lists what of it would be unreadable. The
    number stands in no address: those are written down.
    """
    _may_erase(caller)
    service: Service = request.app.state.service
    response.headers["Cache-Control"] = "no-store"
    known = await service.vault.find(command.phone.found_by or "")
    members = await service.pool.fetch(
        "select distinct (phone ->> 'sub')::uuid as id from post where (phone ->> 'sub')::uuid = any($1::uuid[])", known
    )
    contacts = await service.pool.fetch("select subject as id from contact where subject = any($1::uuid[])", known)
    found = dict.fromkeys(known, "record")
    found |= {row["id"]: "member" for row in members} | {row["id"]: "contact" for row in contacts}
    return {"items": await _told(service, found)}


async def _told(service: Service, found: dict[UUID, str]) -> list[dict[str, Any]]:
    gone = {
        row["subject"]
        for row in await service.pool.fetch("select subject from erased where subject = any($1::uuid[])", list(found))
    }
    return [{"subject": id_, "what": what, "erased": id_ in gone} for id_, what in found.items()]


@router.get("/subjects/{id_}/records", name="list_subject_records", summary="主体涉及的记录(删除前核对)")
async def records(id_: UUID, caller: Caller, request: Request) -> dict[str, Any]:
    """The records of the roster in which data of a subject stand: what its erasure makes unreadable here."""
    return await records_of(request.app.state.service, caller, id_)


@router.post(
    "/subjects/{id_}/erase", name="erase_subject", summary="提出删除个人信息(不可恢复)",
    responses={202: {"description": "已提出,待另一人确认"}},
)  # fmt: skip
async def erase(
    id_: UUID, command: EraseSubject, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """The head of the office asks (202, ``proposal``); another head, or the security administrator, confirms."""
    return await _erasure(id_, command, caller, command_id, request, response)


@router.post("/subjects/{id_}/confirm", name="confirm_erasure", summary="确认删除个人信息(须为另一人,不可恢复)")
async def confirm(
    id_: UUID, command: ConfirmErasure, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    """The fact first, then the key: every log keeps its hashes, every page prints 〔已删除〕 within a minute."""
    return await _erasure(id_, command, caller, command_id, request, response)


@router.post("/subjects/{id_}/reject", name="reject_erasure", summary="退回或收回删除个人信息的提议")
async def reject(
    id_: UUID, command: RejectErasure, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> dict[str, Any]:
    return await _erasure(id_, command, caller, command_id, request, response)


async def _erasure(
    id_: UUID, command: Asked, caller: Actor, command_id: UUID, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownSubject(command_id))
    done = await service.desk.handle(SUBJECT, id_, command, context, command_id=command_id)
    erased = isinstance(done.state, Erased)
    if erased:
        await service.vault.erase(id_)
    waits = None if isinstance(done.state, Erased) or done.state.asked is None else done.state.asked.id
    if waits:
        response.status_code = 202
    return {**receipt(service, response, done), "subject": id_, "erased": erased, "proposal": waits}


@router.get("/erasures", name="list_erasures", summary="待确认的删除提议")
async def erasures(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    _may_erase(caller)
    return await listing(
        request.app.state.service.pool, table="erasure", columns="subject, id, reason, by, on_date as on", where=[], args=[],
        order=["on_date", "subject"], cursor=cursor, limit=limit,
    )  # fmt: skip


async def sweep(service: Service) -> int:
    """Destroy the keys of erased subjects where the vault knows nothing of it: it was away when they were erased, or was put
    back from an older backup. Answers how many.
    """
    rows = await service.pool.fetch("select subject from erased order by subject")
    alive = await service.vault.unerased([row["subject"] for row in rows])
    done, failed = await for_each("erasure", alive, service.vault.erase)
    if done:
        log.info("erased late", subjects=len(done))
    if failed:
        raise Unfinished(failed)
    return len(done)


def _may_erase(caller: Actor) -> None:
    if not caller.holds(*CONFIRMING):
        raise Forbidden(needs=[role.label for role in CONFIRMING])
