"""Members of the team: appointing, proposing and confirming, releasing, finding."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.domain.member import (
    MEMBER,
    ONE_AT_A_TIME,
    AppointMember,
    ConfirmAppointment,
    KnownMember,
    Member,
    MemberCommand,
    RejectAppointment,
    ReleaseMember,
)
from services.roster.queries import members as asked
from services.roster.queries.lookups import seated
from services.roster.queries.members import MemberReceipt, MemberRow, ProposalRow
from shared.http.answer import Page
from shared.http.entrance import Entrance
from shared.http.parameters import Caller, CommandId, Cursor, Expected, Limit, receipt
from shared.http.service import Service
from shared.language.months import WrittenDate
from shared.language.terms import Role, derived_id
from shared.log.handle import Prepare

router = APIRouter(tags=["网格队伍"], route_class=Entrance)

AccountName = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="账号")]


@router.post(
    "/members/{account}/appoint",
    name="appoint_member",
    summary="任命网格人员(须两人办理的为提名)",
    responses={202: {"description": "已提名,待另一人确认", "model": MemberReceipt}},
)
async def appoint(
    account: AccountName,
    command: AppointMember,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MemberReceipt:
    """A unit's head appoints in the unit. To an office, and from outside the unit, this proposes (202, ``proposal``): somebody
    else confirms it.
    """
    return await _change(account, command, caller, command_id, expected, request, response)


@router.post("/members/{account}/release", name="release_member", summary="免去网格岗位")
async def release(
    account: AccountName,
    command: ReleaseMember,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MemberReceipt:
    return await _change(account, command, caller, command_id, expected, request, response)


@router.post("/members/{account}/confirm", name="confirm_appointment", summary="确认任命提名(须为另一人)")
async def confirm(
    account: AccountName,
    command: ConfirmAppointment,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MemberReceipt:
    """To an office, its head confirms or another security administrator; else the head of the office, or a dispatcher where the
    head proposed it. Nobody confirms what he proposed, or himself.
    """
    return await _change(account, command, caller, command_id, expected, request, response)


@router.post("/members/{account}/reject", name="reject_appointment", summary="退回或撤回任命提名")
async def reject(
    account: AccountName,
    command: RejectAppointment,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MemberReceipt:
    return await _change(account, command, caller, command_id, expected, request, response)


async def _change(
    account: str,
    command: MemberCommand,
    caller: Caller,
    command_id: CommandId,
    expected: Expected,
    request: Request,
    response: Response,
) -> MemberReceipt:
    service: Service = request.app.state.service
    key = derived_id("member", account)
    said = command
    if isinstance(command, ConfirmAppointment):
        said = await asked.as_proposed(service, key, command.proposal) or command
    twin = await asked.alike(service, account) if isinstance(said, AppointMember) else None
    known = KnownMember(account, command_id, await asked.units_of(service, said), alike=twin)
    context = await service.context(caller, key, known)
    prepare: Prepare[Member, KnownMember, KnownMember] | None = None
    if isinstance(said, AppointMember) and (said.role in ONE_AT_A_TIME or said.acting_for):
        prepare = partial(seated, said)
    done = await service.desk.handle(MEMBER, key, command, context, command_id=command_id, expected=expected, prepare=prepare)
    waiting = _waits(done.state, command) if isinstance(command, AppointMember) else None
    if waiting:
        response.status_code = 202
    return MemberReceipt.of(receipt(service, response, done), id=key, account=account, proposal=waiting)


def _waits(state: Member, command: AppointMember) -> UUID | None:
    """The proposal that this command made, or had made before."""
    same = (command.unit, command.sub_unit, command.role, command.on, command.until)
    found = [item for item in state.proposals if (item.unit, item.sub_unit, item.role, item.on, item.until) == same]
    return found[-1].id if found else None


@router.get("/proposals", name="list_proposals", summary="待确认的任命提名")
async def proposals(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> Page[ProposalRow]:
    """What waits for a second person; ``may_confirm`` says whether the caller could be that."""
    return await asked.proposals(request.app.state.service, caller, cursor, limit)


@router.get("/members", name="list_members", summary="网格队伍名单")
async def members(
    caller: Caller,
    request: Request,
    unit: str | None = Query(None, max_length=20),
    role: Role | None = None,
    on: Annotated[WrittenDate | None, Query(description="哪一天在岗,默认今天")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[MemberRow]:
    """Posts held on a day. Names are shown: they are on the public list of the grid; numbers are masked."""
    return await asked.members(request.app.state.service, caller, unit, role, on, cursor, limit)
