"""Members of the team: appointing, proposing and confirming, releasing, finding."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.roster.api.lookups import seated, under
from services.roster.domain.member import (
    MEMBER,
    ONE_AT_A_TIME,
    AppointMember,
    Asked,
    ConfirmAppointment,
    KnownMember,
    Member,
    RejectAppointment,
    ReleaseMember,
    may_confirm,
)
from services.roster.projections.sealed import sealed
from shared.asking import Caller, CommandId, Cursor, Expected, Limit, listing, receipt
from shared.entrance import Entrance
from shared.handle import Prepare
from shared.months import WrittenDate, local_date
from shared.openings import Opening
from shared.problems import Forbidden
from shared.reach import unit_of
from shared.service import Service
from shared.terms import Role, derived_id
from shared.vault import Personal

router = APIRouter(tags=["网格队伍"], route_class=Entrance)

AccountName = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="账号")]


@router.post(
    "/members/{account}/appoint", name="appoint_member", summary="任命网格人员(须两人办理的为提名)",
    responses={202: {"description": "已提名,待另一人确认"}},
)  # fmt: skip
async def appoint(
    account: AccountName, command: AppointMember, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """A unit's head appoints in the unit. To an office, and from outside the unit, this proposes (202, ``proposal``): somebody
    else confirms it.
    """
    return await _change(account, command, caller, command_id, expected, request, response)


@router.post("/members/{account}/release", name="release_member", summary="免去网格岗位")
async def release(
    account: AccountName, command: ReleaseMember, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(account, command, caller, command_id, expected, request, response)


@router.post("/members/{account}/confirm", name="confirm_appointment", summary="确认任命提名(须为另一人)")
async def confirm(
    account: AccountName, command: ConfirmAppointment, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    """To an office, its head confirms or another security administrator; else the head of the office, or a dispatcher where the
    head proposed it. Nobody confirms what he proposed, or himself.
    """
    return await _change(account, command, caller, command_id, expected, request, response)


@router.post("/members/{account}/reject", name="reject_appointment", summary="退回或撤回任命提名")
async def reject(
    account: AccountName, command: RejectAppointment, caller: Caller, command_id: CommandId, expected: Expected,
    request: Request, response: Response,
) -> dict[str, Any]:  # fmt: skip
    return await _change(account, command, caller, command_id, expected, request, response)


async def _change(
    account: str, command: Asked, caller: Caller, command_id: CommandId, expected: Expected, request: Request, response: Response
) -> dict[str, Any]:
    service: Service = request.app.state.service
    key = derived_id("member", account)
    said = command
    if isinstance(command, ConfirmAppointment):
        said = await _as_proposed(service, key, command.proposal) or command
    units: dict[str, str | None] = {}
    if isinstance(said, (AppointMember, ReleaseMember)):
        wanted = [said.unit, *([said.sub_unit] if isinstance(said, AppointMember) and said.sub_unit else [])]
        rows = await service.pool.fetch(
            f"select code, {under('$2')} as parent from unit where code = any($1::text[]) and (ended is null or ended > $2)",
            wanted, said.on,
        )  # fmt: skip
        units = {row["code"]: row["parent"] for row in rows}
    context = await service.context(caller, key, KnownMember(account, command_id, units))
    prepare: Prepare[Member] | None = None
    if isinstance(said, AppointMember) and (said.role in ONE_AT_A_TIME or said.acting_for):
        prepare = partial(seated, said)
    done = await service.desk.handle(MEMBER, key, command, context, command_id=command_id, expected=expected, prepare=prepare)
    waiting = isinstance(command, AppointMember) and _waits(done.state, command)
    if waiting:
        response.status_code = 202
    return {**receipt(service, response, done), "id": str(key), "account": account, "proposal": waiting or None}


def _waits(state: Member, command: AppointMember) -> UUID | None:
    """The proposal that this command made, or had made before."""
    same = (command.unit, command.sub_unit, command.role, command.on, command.until)
    found = [item for item in state.proposals if (item.unit, item.sub_unit, item.role, item.on, item.until) == same]
    return found[-1].id if found else None


async def _as_proposed(service: Service, member: UUID, proposal: UUID) -> AppointMember | None:
    """What was proposed, without the names: for looking up what the decision must know."""
    row = await service.pool.fetchrow("select * from member_proposal where id = $1 and member = $2", proposal, member)
    if row is None:
        return None
    return AppointMember(
        name=Personal(""), unit=row["unit"], sub_unit=row["sub_unit"], role=Role(row["role"]), post=row["post"],
        duty=row["duty"], document=row["document"], on=row["since"], until=row["until"], acting_for=row["acting_for"],
    )  # fmt: skip


@router.get("/proposals", name="list_proposals", summary="待确认的任命提名")
async def proposals(caller: Caller, request: Request, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """What waits for a second person; ``may_confirm`` says whether the caller could be that."""
    service: Service = request.app.state.service
    if not caller.holds(Role.SECURITY_ADMIN, Role.OFFICE, Role.OFFICE_HEAD, Role.AUDITOR):
        raise Forbidden(needs=[Role.SECURITY_ADMIN.label, Role.OFFICE.label])
    page = await listing(
        service.pool, table="member_proposal", columns="id, member, account, name, unit, sub_unit, role, post, duty, document, since, until, "
        "acting_for, by, by_head, proposed_on", where=[], args=[], order=["proposed_on", "id"], cursor=cursor, limit=limit,
    )  # fmt: skip
    names = await service.vault.open([sealed(item["name"]) for item in page["items"]], Opening.NAMES)
    for item, name in zip(page["items"], names, strict=True):
        role = Role(item["role"])
        may = may_confirm(role, item["by"], item["member"], caller, by_head=item.pop("by_head"))
        item.update(name=name, role_label=role.label, may_confirm=may)
    return page


@router.get("/members", name="list_members", summary="网格队伍名单")
async def members(
    caller: Caller, request: Request, unit: str | None = Query(None, max_length=20), role: Role | None = None,
    on: Annotated[WrittenDate | None, Query(description="哪一天在岗,默认今天")] = None, cursor: Cursor = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """Posts held on a day. Names are shown: they are on the public list of the grid; numbers are masked."""
    service: Service = request.app.state.service
    unit = unit_of(caller, unit)
    where: list[str] = ["since <= $1", "(until is null or until > $1)"]
    args: list[Any] = [on or local_date(service.clock())]
    for column, value in (("unit", unit), ("role", role)):
        if value is not None:
            args.append(str(value))
            where.append(f"{column} = ${len(args)}")
    page = await listing(
        service.pool, table="post", columns="member as id, account, name, phone, unit, sub_unit, role, post, since, until, acting_for",
        where=where,
        args=args, order=["unit", "role", "account", "number"], cursor=cursor, limit=limit,
    )  # fmt: skip
    names = await service.vault.open([sealed(item["name"]) for item in page["items"]], Opening.NAMES)
    phones = await service.vault.masked([sealed(item["phone"]) for item in page["items"]])
    for item, name, phone in zip(page["items"], names, phones, strict=True):
        item.update(name=name, phone=phone, role_label=Role(item["role"]).label)
    return page
