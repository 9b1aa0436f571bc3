"""The register and the units as they are on a day, as SQL: what is dated acts on its day (decisions 0037, 0043).

The tables keep what was so from which day to which; whoever reads names the day, nobody has to run anything at midnight. ``day``
is a placeholder of a date: ``$1``.
"""

from __future__ import annotations


def units(day: str) -> str:
    """All units, as they are called and under which they stand on a day."""
    return f"""(
    select u.code, coalesce(n.name, u.first_name) as name, u.kind, coalesce(p.parent, u.first_parent) as parent, u.line, u.since,
        u.ended, u.predecessors, u.successors, u.duty, u.ver
    from unit u
    left join unit_name n on n.code = u.code and n.since <= {day} and (n.until is null or n.until > {day})
    left join unit_parent p on p.code = u.code and p.since <= {day} and (p.until is null or p.until > {day}))"""


def register(day: str) -> str:
    """All enterprises, as they are called and what the register says of them on a day."""
    return f"""(
    select e.id, e.ver, e.code, e.name as latest_name, coalesce(n.name, e.name) as name, e.former_names, e.name_key, e.found_by,
        coalesce(s.standing, e.first_standing) as standing,
        case when s.standing is null then e.first_standing_on else nullif(s.since, '0001-01-01') end as standing_on,
        coalesce(c.elsewhere, e.first_elsewhere) as managed_elsewhere, e.branch, e.industry, e.address, e.particulars, e.sealed,
        e.size, e.size_basis, e.tags, e.preferred, e.missed_on, e.missed_batch, e.address_on, e.industry_on, e.registered_on
    from enterprise e
    left join enterprise_name n on n.enterprise = e.id and n.since <= {day} and (n.until is null or n.until > {day})
    left join standing s on s.enterprise = e.id and s.since <= {day} and (s.until is null or s.until > {day})
    left join custody c on c.enterprise = e.id and c.since <= {day} and (c.until is null or c.until > {day}))"""


def table(name: str, day: str) -> str:
    """The version of a table that is in force on a day."""
    return (
        f"(select version, entries, since, note from mapping_version where name = {name} and since <= {day} "
        "order by since desc, version desc limit 1)"
    )


def standing(row: str, day: str) -> str:
    """What the register says of an enterprise (a row of ``enterprise``) on a day."""
    held = f"t.enterprise = {row}.id and t.since <= {day} and (t.until is null or t.until > {day})"
    return f"coalesce((select t.standing from standing t where {held}), {row}.first_standing)"
