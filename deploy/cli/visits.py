"""``guiren visits plan``: whom a worker visits this month, and in which order."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.cli.outlet import OFFICE_ACCOUNT, HomeOption, JsonOption, answer_of, client, console, home_of, print_json

visits = typer.Typer(help="走访", no_args_is_help=True)


@visits.callback()
def _group() -> None:
    """Keeps ``plan`` a subcommand while it is the only one."""


@visits.command("plan")
def plan(
    worker: Annotated[str, typer.Option("--worker", help="网格员账号")],
    month: Annotated[str | None, typer.Option("--month", help="月份 YYYY-MM,默认本月")] = None,
    account: Annotated[str, typer.Option("--as", help="以哪个账号查询")] = OFFICE_ACCOUNT,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """一名网格员本月的走访计划:顺序、原因、建议日期;已走访的排在最后。"""
    asked = {"worker": worker} | ({"month": month} if month else {})
    with client(home_of(home), account) as gateway:
        found: dict[str, Any] = answer_of(gateway.get("/api/visits/plan", params=asked))
    if json:
        print_json(found)
        return
    table = Table(title=f"{found['worker']} {found['month']} 走访计划:已走访 {found['done']},待走访 {found['waiting']}")
    for name in ("建议日期", "企业", "网格线", "原因", "服务需求", "提示"):
        table.add_column(name)
    for item in found["items"]:
        words = "、".join(reason["words"] for reason in item["reasons"])
        day = "已走访" if item["done"] else item["proposed"] or "—"
        table.add_row(day, item["name"], item["line_label"], words, "、".join(item["needs"]), ";".join(item["notes"]))
    console.print(table)
    if found["forecast"]:  # A month that is over has none.
        console.print(found["forecast"]["sentence"], markup=False)
