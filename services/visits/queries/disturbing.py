"""How much enterprises bear: contacts by month, and who bore more than they should (kpi §8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from pydantic import Field

from services.visits.domain.briefing import CLOSE_DAYS, Contact, disturbed
from services.visits.queries import lookups
from services.visits.queries.policies import most_contacts
from services.visits.queries.reading import EnterpriseId, EnterpriseName, MonthText
from shared.http.answer import Answer
from shared.http.service import Service
from shared.language.decider import Actor
from shared.language.months import Month, local_date
from shared.language.reach import unit_of
from shared.language.terms import Line, Mode

_DISTURBED = """
select enterprise, max(enterprise_name) as name from (
    select enterprise, enterprise_name, month, mode, on_date,
        lag(on_date) over (partition by enterprise, mode order by on_date, id) as before
    from visit where on_date >= $2 and month <= $1 and review not in ('voided', 'held')) felt
where ($5::text is null or enterprise in (
    select enterprise from (
        select distinct on (enterprise, line) enterprise, unit from known_assignment where started_on <= $6
        order by enterprise, line, started_on desc) held where unit = $5)) and ($7::uuid[] is null or enterprise = any($7))
group by enterprise
having count(*) filter (where month = $1) > $3
    or count(*) filter (where month = $1 and mode = 'on_site' and on_date - before <= $4) > 0
order by 2, 1
"""


class MonthContacts(Answer):
    """The contacts of a month; a joint visit is one and stands on both lines."""

    month: MonthText
    contacts: int = Field(description="联系次数")
    vertical: int = Field(description="其中纵向的")
    horizontal: int = Field(description="其中横向的")
    joint: int = Field(description="其中联合走访的")
    over: bool = Field(description="是否超过每月上限")
    warnings: list[str] = Field(description="超限的情形;没有的为空表")


class ContactMonths(Answer):
    """The last twelve months in which there was a contact, the latest first."""

    most: int = Field(description="每月联系次数上限,次")
    months: list[MonthContacts] = Field(description="最近十二个有联系的月份,由近及远")


class DisturbedEnterprise(Answer):
    """An enterprise that bore more than it should."""

    enterprise: EnterpriseId
    enterprise_name: EnterpriseName
    contacts: int = Field(description="本月联系次数")
    warnings: list[str] = Field(description="超限的情形")


class DisturbedEnterprises(Answer):
    """All of a month, as far as the caller sees them; nobody is ranked by it."""

    month: MonthText
    most: int = Field(description="每月联系次数上限,次")
    close_days: int = Field(description="两次实地走访相隔不超过几日算过密")
    items: list[DisturbedEnterprise] = Field(description="超限的企业")
    total: int = Field(description="超限的企业总数,家")


async def by_month(service: Service, id_: UUID, caller: Actor) -> ContactMonths:
    """The contacts of the last twelve months by month and line."""
    await lookups.served(service, id_, local_date(service.clock()), caller)
    rows = await service.pool.fetch(
        "select v.month, count(distinct v.id) as contacts, "
        "count(distinct v.id) filter (where u.line = 'vertical') as vertical, "
        "count(distinct v.id) filter (where u.line = 'horizontal') as horizontal, "
        "count(distinct v.id) filter (where v.joint) as joint "
        "from visit v left join visit_unit u on u.visit = v.id where v.enterprise = $1 and v.review not in ('voided', 'held') "
        "group by v.month order by v.month desc limit 12",
        id_,
    )
    most = await most_contacts(service)
    felt = (await contacts_of(service, [id_], rows[-1]["month"], rows[0]["month"])).get(id_, []) if rows else []
    return ContactMonths(
        most=most,
        months=[
            MonthContacts(**row, over=row["contacts"] > most, warnings=list(disturbed(felt, most, row["month"]))) for row in rows
        ],
    )


async def contacts_of(service: Service, enterprises: Sequence[UUID], first: str, last: str) -> dict[UUID, list[Contact]]:
    """The contacts of these enterprises from one month to another, with the days before that closeness asks for."""
    rows = await service.pool.fetch(
        "select v.enterprise, v.on_date, v.mode, array(select u.line from visit_unit u where u.visit = v.id and u.line is not null) "
        "as lines from visit v where v.enterprise = any($1) and v.on_date >= $2 and v.month <= $3 "
        "and v.review not in ('voided', 'held') order by v.on_date, v.id",
        list(enterprises),
        Month.parse(first).first_day - timedelta(days=CLOSE_DAYS),
        last,
    )
    found: dict[UUID, list[Contact]] = {}
    for row in rows:
        lines = frozenset(Line(line) for line in row["lines"])
        found.setdefault(row["enterprise"], []).append(Contact(lines, row["on_date"], Mode(row["mode"])))
    return found


async def over(service: Service, caller: Actor, month: str, limit: int) -> DisturbedEnterprises:
    """Enterprises that bore more contacts of all units together than they should, or two on site within three days, with why.
    A unit sees those it answers for.
    """
    may, unit = await lookups.reach(service, caller), unit_of(caller)
    own = None if may.own is None else list(may.own)
    most, since = await most_contacts(service), Month.parse(month).first_day - timedelta(days=CLOSE_DAYS)
    rows = await service.pool.fetch(_DISTURBED, month, since, most, CLOSE_DAYS, unit, local_date(service.clock()), own)
    felt = await contacts_of(service, [row["enterprise"] for row in rows[:limit]], month, month)
    items = [
        DisturbedEnterprise(
            enterprise=row["enterprise"],
            enterprise_name=row["name"],
            contacts=sum(f"{contact.on:%Y-%m}" == month for contact in felt[row["enterprise"]]),
            warnings=list(disturbed(felt[row["enterprise"]], most, month)),
        )
        for row in rows[:limit]
    ]
    return DisturbedEnterprises(month=month, most=most, close_days=CLOSE_DAYS, items=items, total=len(rows))
