"""件件有回应 (投诉应诉案件交办; R54): how many of what was received has its answer, and the list of those that have none."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.issues.queries.reading import reach
from shared.asking import Caller, Cursor, Limit, listing
from shared.directory import units_on
from shared.entrance import Entrance
from shared.months import Month, local_date
from shared.percent import percentage
from shared.service import Service
from shared.terms import Colour, IssueStage, Source

router = APIRouter(tags=["待办"], route_class=Entrance)

_ANSWERED = "(stage in ('reviewed', 'closed', 'archived') or reopened > 0)"
"""A reviewer has let the reply out. Reopening doesn't erase an answer given (K5): what is handled again stands in other queues."""
_RECEIVED = "stage not in ('declined', 'merged') and (stage <> 'withdrawn' or dispatched_on is not null)"
"""The declined got theirs with the refusal, the merged have one of their own; what was withdrawn after 交办 stays in (K5)."""


@router.get("/queues/unanswered", name="list_unanswered", summary="尚未回应的问题清单(时限、所在环节),和已收问题中已回应的比例")
async def unanswered(
    caller: Caller, request: Request, unit: Annotated[str | None, Query(max_length=20)] = None, source: Source | None = None,
    month: Annotated[str | None, Query(pattern=r"^2[01][0-9]{2}-(0[1-9]|1[0-2])$", description="登记月份")] = None,
    overdue: Annotated[bool, Query(description="只看已过时限的")] = False, cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """The nearest day first; a ticket leaves this list by an answer in words, by being merged, or by being withdrawn before
    anybody was given it. ``unit`` is the one that collected it. The share is of all that was received, due or not; the indicator 回应率 (K5), which asks
    only what is due, is reporting's ``/demands``.
    """
    service: Service = request.app.state.service
    may = await reach(service, caller)
    may.must_ask(unit)
    where, args = may.conditions()
    where.append(_RECEIVED)
    for column, value in (("unit", unit), ("source", source and str(source))):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    if month is not None:
        at = Month.parse(month)
        args += [at.first_day, at.last_day]
        where.append(f"opened_on between ${len(args) - 1} and ${len(args)}")
    counted = await service.pool.fetchrow(
        f"select count(*) as received, count(*) filter (where {_ANSWERED}) as answered from issue where {' and '.join(where)}",
        *args,
    )
    today = local_date(service.clock())
    where.append(f"not {_ANSWERED}")
    if overdue:
        args.append(today)
        where.append(f"due < ${len(args)}")
    page = await listing(
        service.pool, table="issue", columns="id, no, enterprise, enterprise_name, content, source, external_no, stage, "
        "coalesce(handling_unit, unit) as unit, handler, opened_on, due, colour",
        where=where, args=args, order=["coalesce(due, 'infinity'::date)", "opened_on", "no"], cursor=cursor, limit=limit,
    )  # fmt: skip
    rows = await service.pool.fetch(
        f"select code, name from {units_on('$2')} u where code = any($1::text[])", [i["unit"] for i in page["items"]], today
    )
    names = {row["code"]: row["name"] for row in rows}
    for item in page["items"]:
        item.update(
            unit_name=names.get(item["unit"], item["unit"]), desk=IssueStage(item["stage"]).label,
            colour_label=Colour(item["colour"]).label, late=item["due"] is not None and item["due"] < today,
        )  # fmt: skip
    return {**page, **dict(counted), "pct": percentage(counted["answered"], counted["received"])}
