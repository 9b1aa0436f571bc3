"""Who reads what of the roster (``roles.md``: 网格/队伍, 企业库). Who changes it stands in ``permissions``.

| | d | u | o, b |
|---|---|---|---|
| 网格/队伍, what is published of it | 总网格长, 区优化办, 督查, 审计员 | the unit's people | the unit's people |
| 企业库, row by row | the same; 热线坐席 looks up, masked | 网格长, 副网格长, 联络员, 监督队伍 | 网格员, 信息员: their own |
| 企业库, counted over a unit | the same, without the desk | the same | – |

Of an enterprise that is not theirs people of a unit see what is public of it. A caller-back has the number with the ticket at
hand, in issues. Administrators have no business data.
"""

from __future__ import annotations

from shared.language import reach
from shared.language.decider import Actor
from shared.language.problems import Forbidden
from shared.language.terms import Role

PUBLIC = frozenset(
    {
        "id",
        "code",
        "name",
        "former_names",
        "standing",
        "standing_label",
        "standing_on",
        "managed_elsewhere",
        "kind",
        "kind_label",
        "industry",
        "branch",
        "address",
        "registered_on",
        "as_of",
        "version",
    }
)
"""What is shown of an enterprise to units that don't answer for it: what anybody finds in 国家企业信用信息公示系统."""


def business(caller: Actor) -> None:
    """Whoever has to do with the units' work."""
    reach.reads(caller)


def looks_up(caller: Actor) -> None:
    """The same, and the desk: somebody calls, and it has to be found out for whom."""
    if not caller.holds(Role.HOTLINE):
        reach.reads(caller)


def the_district(caller: Actor) -> None:
    """Only those who see the whole district."""
    if not reach.sees_district(caller):
        raise Forbidden(needs=[role.label for role in reach.DISTRICT[:5]])
