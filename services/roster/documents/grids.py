"""The table of grids with the four answers (附件1 网格划分表, 四定表): the columns of ``ledgers.md`` §4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shared.language.terms import Line, Role, UnitKind
from shared.paper.sheets import sheet

_COLUMNS = (
    "网格编码",
    "网格名称",
    "类型",
    "上级网格",
    "层级",
    "总网格长",
    "网格长",
    "副网格长",
    "网格员",
    "联络员/备份",
    "监督队伍",
    "定格",
    "定员",
    "定责",
    "定岗",
    "职责",
    "应服务企业数",
    "大型",
    "中型",
    "小型",
    "微型",
    "重点企业数",
    "人均包保数",
    "生效日",
    "失效日",
    "依据文号",
    "备注",
)
_WIDTHS = (15, 16, 7, 12, 9, 10, 16, 18, 24, 18, 14, 6, 6, 6, 6, 28, 9, 6, 6, 6, 6, 8, 8, 11, 11, 16, 18)


def annex(
    brand: str,
    day: date,
    rows: Sequence[Mapping[str, Any]],
    people: Mapping[tuple[str, str], Sequence[str]],
    papers: Mapping[str, str],
) -> bytes:
    """``rows`` are grids as the check tells them, ``people`` names by unit and role, ``papers`` plan numbers by unit."""
    names = {row["code"]: row["name"] for row in rows}
    complete = sum(row["area"] and row["staff"] and row["charged"] and row["post"] for row in rows)
    notes = [f"截至 {day},共 {len(rows)} 个网格,四定齐全 {complete} 个"]
    lines = [_line(row, names, people, papers) for row in rows]
    return sheet(f"{brand}网格划分表(四定表)", _COLUMNS, lines, notes=notes, widths=_WIDTHS, pages_wide=2)


def _line(
    row: Mapping[str, Any], names: Mapping[str, str], people: Mapping[tuple[str, str], Sequence[str]], papers: Mapping[str, str]
) -> tuple[Any, ...]:
    code, line = row["code"], Line(row["line"])
    letter = "H" if line is Line.HORIZONTAL else "V"
    above = row["parent"] if row["kind"] in (UnitKind.BRANCH, UnitKind.VILLAGE) else None
    grid = f"{letter}-{above}-{code}" if above else f"{letter}-{code}"

    def named(*roles: Role) -> str:
        return "、".join(name for role in roles for name in people.get((code, role), ()))

    workers = row["workers"]
    remarks = [f"缺{'、'.join(Role(role).label for role in row['lacking'])}"] if row["lacking"] else []
    if row["gone"]:
        remarks.append(f"{row['gone']} 人离任未补")
    if row["left_behind"]:
        remarks.append(f"{row['left_behind']} 户企业的责任人已离任")
    return (
        grid,
        row["name"],
        line,
        names.get(above or "", "全区"),
        UnitKind(row["kind"]),
        "、".join(people.get(("", Role.CHIEF), ())),
        named(Role.HEAD),
        named(Role.DEPUTY),
        named(Role.WORKER, Role.INFORMANT),
        named(Role.LIAISON, Role.BACKUP_LIAISON),
        named(Role.SUPERVISOR),
        row["area"],
        row["staff"],
        row["charged"],
        row["post"],
        row["duty"],
        row["enterprises"],
        row["large"],
        row["medium"],
        row["small"],
        row["micro"],
        row["key"],
        f"{row['enterprises'] / workers:.1f}" if workers else None,
        row["since"],
        row["ended"],
        papers.get(code, papers.get(above or "", "")),
        ";".join(remarks),
    )
