"""Personal data of the roster: found by number, read with a reason, erased (个人信息保护法)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.subject import (
    CONFIRMING,
    SUBJECT,
    ConfirmErasure,
    Erased,
    EraseSubject,
    KnownSubject,
    RejectErasure,
    SubjectCommand,
)
from services.roster.projections.subjects import DISCLOSURE
from services.roster.queries import privacy as asked
from services.roster.queries.privacy import (
    EnterpriseInClear,
    ErasureReceipt,
    ErasureRow,
    FoundByPhone,
    FoundSubjects,
    MemberInClear,
)
from shared.http.answer import Page
from shared.http.disclosure import Disclose, DisclosureRow, Records, UnmaskPersonal, disclosed, records_of, watch
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Limit, receipt
from shared.http.public import NOBODY
from shared.http.service import Service
from shared.http.throttle import Limiter
from shared.language.decider import Actor
from shared.language.facts import Command
from shared.language.ids import new_id
from shared.language.phones import Phone
from shared.language.problems import Forbidden
from shared.language.reach import OFFICE
from shared.language.terms import Role
from shared.log.sweeping import Unfinished, for_each

log = structlog.get_logger()
router = APIRouter(tags=["个人信息"], route_class=Entrance)

AccountName = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="账号")]
_LOOKING_UP = (Role.HOTLINE, *OFFICE, Role.SYSTEM)
_LOOKUPS = Limiter(30, 20)
"""Whatever tells whom a number belongs to: who tries one number after another learns nobody's."""


class FindPhone(Command):
    """A number somebody calls from."""

    phone: Phone


@router.post(
    "/enterprises/{id_}/unmask",
    name="unmask_enterprise",
    response_model_exclude_unset=True,
    summary="查看企业联系人信息(须写明原因,留痕)",
)
async def unmask_enterprise(
    id_: UUID, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> EnterpriseInClear:
    """For those who may see all of the enterprise and not only masked: the district's readers, leaders and liaisons of a unit
    that answers for it, its own worker and informants. The desk and the callers have the number with the ticket, in issues.
    """
    return await asked.enterprise_in_clear(request.app.state.service, caller, command_id, command, response, id_)


@router.post(
    "/members/{account}/unmask",
    name="unmask_member",
    response_model_exclude_unset=True,
    summary="查看网格人员电话(须写明原因,留痕)",
)
async def unmask_member(
    account: AccountName, command: UnmaskPersonal, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> MemberInClear:
    return await asked.member_in_clear(request.app.state.service, caller, command_id, command, response, account)


@router.get("/disclosures", name="list_disclosures", summary="个人信息查看记录")
async def disclosures(
    caller: Caller, request: Request, about: UUID | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[DisclosureRow]:
    """Who read what of whom, when and why. The auditor and the inspectorate see all, a head what was read of their unit's."""
    page = await disclosed(request.app.state.service, caller, cursor, limit, about=about)
    return Page[DisclosureRow].of(page, (DisclosureRow(**row) for row in page["items"]))


@router.post("/lookups/phone", name="find_by_phone", summary="按电话号码查找企业和人员(来电弹屏)")
async def find(command: FindPhone, caller: Caller, request: Request, response: Response) -> FoundByPhone:
    """By a keyed digest of the number: nothing is decrypted, and the number stands in no address and no log. That somebody looked,
    and whom it led to, is recorded like a reading in clear; nobody looks up more numbers than telephones ring.
    """
    service: Service = request.app.state.service
    if not caller.holds(*_LOOKING_UP):
        raise Forbidden(needs=[role.label for role in _LOOKING_UP])
    _LOOKUPS.take(str(caller.id))
    found = await asked.by_phone(service, command.phone.found_by or "")
    led_to = [("enterprise", item.id) for item in found.enterprises] + [("member", item.id) for item in found.members]
    await _record_looking(service, caller, led_to)
    response.headers["Cache-Control"] = "no-store"
    return found


async def _record_looking(service: Service, caller: Caller, led_to: Sequence[tuple[str, UUID]]) -> None:
    for what, about in led_to or [("nobody", NOBODY)]:
        looked = Disclose(what=f"lookup-{what}", about=about, unit="", fields=("phone",), reason="按电话号码查找")
        key = new_id()
        context = await service.context(caller, about)
        await service.desk.handle(DISCLOSURE, key, looked, context, command_id=key)
    await watch(service, caller)


@router.get("/subjects", name="find_subjects", summary="个人信息主体编号(用于删除)")
async def subjects(
    caller: Caller,
    request: Request,
    enterprise: UUID | None = None,
    account: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{1,64}$")] = None,
) -> FoundSubjects:
    """The subjects behind an enterprise (its contacts, its legal persons: one after another) or an account, and whether they were
    erased. By number: ``find_subjects_by_phone``.
    """
    _may_erase(caller)
    return await asked.subjects(request.app.state.service, enterprise, account)


@router.post("/subjects/find", name="find_subjects_by_phone", summary="按电话号码查找个人信息主体(用于删除)")
async def subjects_by_phone(command: FindPhone, caller: Caller, request: Request, response: Response) -> FoundSubjects:
    """Every subject under which the number was ever kept, in whichever service: contacts, members, callers, orders, and the words
    of records in which it was typed. ``GET /subjects/{id}/records`` of each service lists what of it would be unreadable. The
    number stands in no address: those are written down. Looking is recorded and limited as for callers.
    """
    _may_erase(caller)
    _LOOKUPS.take(str(caller.id))
    service: Service = request.app.state.service
    response.headers["Cache-Control"] = "no-store"
    found = await asked.subjects_by_phone(service, command.phone.found_by or "")
    await _record_looking(service, caller, [("subject", item.subject) for item in found.items])
    return found


@router.get("/subjects/{id_}/records", name="list_subject_records", summary="主体涉及的记录(删除前核对)")
async def records(id_: UUID, caller: Caller, request: Request) -> Records:
    """The records of the roster in which data of a subject stand: what its erasure makes unreadable here."""
    return Records(**await records_of(request.app.state.service, caller, id_))


@router.post(
    "/subjects/{id_}/erase",
    name="erase_subject",
    summary="提出删除个人信息(不可恢复)",
    responses={202: {"description": "已提出,待另一人确认"}},
)
async def erase(
    id_: UUID, command: EraseSubject, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> ErasureReceipt:
    """The head of the office asks (202, ``proposal``); another head, or the security administrator, confirms."""
    return await _erasure(id_, command, caller, command_id, request, response)


@router.post("/subjects/{id_}/confirm", name="confirm_erasure", summary="确认删除个人信息(须为另一人,不可恢复)")
async def confirm(
    id_: UUID, command: ConfirmErasure, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> ErasureReceipt:
    """The fact first, then the key: every log keeps its hashes, every page prints 〔已删除〕 within a minute."""
    return await _erasure(id_, command, caller, command_id, request, response)


@router.post("/subjects/{id_}/reject", name="reject_erasure", summary="退回或收回删除个人信息的提议")
async def reject(
    id_: UUID, command: RejectErasure, caller: Caller, command_id: CommandId, request: Request, response: Response
) -> ErasureReceipt:
    return await _erasure(id_, command, caller, command_id, request, response)


async def _erasure(
    id_: UUID, command: SubjectCommand, caller: Actor, command_id: UUID, request: Request, response: Response
) -> ErasureReceipt:
    service: Service = request.app.state.service
    context = await service.context(caller, id_, KnownSubject(command_id))
    done = await service.desk.handle(SUBJECT, id_, command, context, command_id=command_id)
    erased = isinstance(done.state, Erased)
    if erased:
        await service.vault.erase(id_)
    waits = None if isinstance(done.state, Erased) or done.state.asked is None else done.state.asked.id
    if waits:
        response.status_code = 202
    return ErasureReceipt.of(receipt(service, response, done), subject=id_, erased=erased, proposal=waits)


@router.get("/erasures", name="list_erasures", summary="待确认的删除提议")
async def erasures(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[ErasureRow]:
    _may_erase(caller)
    return await asked.erasures(request.app.state.service, cursor, limit)


async def sweep(service: Service) -> int:
    """Destroy the keys of erased subjects where the vault knows nothing of it: it was away when they were erased, or was put
    back from an older backup. Answers how many.
    """
    alive = await service.vault.unerased(await asked.erased(service))
    done, failed = await for_each("erasure", alive, service.vault.erase)
    if done:
        log.info("erased late", subjects=len(done))
    if failed:
        raise Unfinished(failed)
    return len(done)


def _may_erase(caller: Actor) -> None:
    if not caller.holds(*CONFIRMING):
        raise Forbidden(needs=[role.label for role in CONFIRMING])
