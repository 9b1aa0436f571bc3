"""``guiren issues …``: tickets, and what their clocks would do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from deploy.cli.outlet import HomeOption, JsonOption, answer_of, client, console, fail, home_of, print_json

issues = typer.Typer(help="诉求与问题", no_args_is_help=True)

AsOption = Annotated[str, typer.Option("--as", help="以哪个账号查询")]


@issues.command("timers")
def timers(
    at: Annotated[str, typer.Option("--at", help="时刻,如 2026-12-01T09:00:00+08:00")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="试运行:只说明将发生什么")] = False,
    account: AsOption = "office",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """到某一时刻,若无人办理,将依次发出哪些提醒、自动发生什么。"""
    if not dry_run:
        fail("提醒由服务到点自动发出;这里只能试运行,请加 --dry-run", 2)
    with client(home_of(home), account, 600) as gateway, console.status("正在推算…"):
        found: dict[str, Any] = answer_of(gateway.get("/api/issues/timers", params={"at": at}))
    if json:
        print_json(found)
        return
    table = Table(title=f"截至 {at} 将发出 {found['count']} 项提醒")
    for name in ("时刻", "问题编号", "提醒", "时限", "随之发生"):
        table.add_column(name, no_wrap=name != "随之发生", overflow="fold")
    for item in found["items"]:
        table.add_row(item["at"], item["no"], item["label"], item["deadline"], "、".join(then["title"] for then in item["then"]))
    console.print(table)


@issues.command("show")
def show(
    issue: Annotated[str, typer.Argument(help="问题标识或编号")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="按该时刻已记录的事件")] = None,
    account: AsOption = "office",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """一个问题:所处环节、时限及其推算、办理过程。"""
    with client(home_of(home), account, 60) as gateway:
        if issue.count("-") != 4 or len(issue) != 36:  # noqa: PLR2004  no UUID: then it is a number.
            listed = answer_of(gateway.get("/api/issues/issues", params={"q": issue, "limit": 2}))["items"]
            known = [item for item in listed if item["no"] == issue]
            if not known:
                fail(f"没有找到问题 {issue}")
            issue = known[0]["id"]
        params = {"as_of": as_of} if as_of else {}
        found: dict[str, Any] = answer_of(gateway.get(f"/api/issues/issues/{issue}", params=params))
    if json:
        print_json(found)
        return
    console.print(f"{found['no']} {found['stage_label']} · {found['content']}", markup=False)
    if due := found["due"]:
        console.print(f"时限 {due['on']}:{due['derivation']}(日历 {due['calendar']},规则 {due['rule']})", markup=False)
    if (first := found["first_due"]) and first["on"] != found["due"]["on"]:
        console.print(f"初始时限 {first['on']}:{first['derivation']}", markup=False)
    for line in found["timeline"]:
        console.print(f"{line['at']} {line['title']} {line['unit']} {'、'.join(line['roles'])}", markup=False)


@issues.command("register")
def register(
    month: Annotated[str, typer.Option("--month", help="月份 YYYY-MM")],
    out: Annotated[Path, typer.Option("--out", help="写到哪个 XLSX 文件")],
    unit: Annotated[str | None, typer.Option("--unit", help="单位编码;不填为全区")] = None,
    level: Annotated[str | None, typer.Option("--level", help="层级 grid、district 或 city")] = None,
    carried: Annotated[bool, typer.Option("--carried", help="含以前月份登记、本月仍在办理的")] = False,
    account: AsOption = "office",
    home: HomeOption = None,
) -> None:
    """导出问题台账(XLSX)。"""
    asked = {"month": month, "unit": unit, "level": level, "carried": carried}
    params = {name: value for name, value in asked.items() if value is not None}
    with client(home_of(home), account, 600) as gateway, console.status("正在生成…"):
        _save(gateway.get("/api/issues/register/workbook", params=params), out)


@issues.command("package")
def package(
    issue: Annotated[str, typer.Argument(help="问题标识")],
    out: Annotated[Path, typer.Option("--out", help="写到哪个 ZIP 文件")],
    account: AsOption = "office",
    home: HomeOption = None,
) -> None:
    """一个问题的归档包:事件原文、办理过程、表单、答复、来源走访和清单。"""
    with client(home_of(home), account, 120) as gateway:
        _save(gateway.get(f"/api/issues/issues/{issue}/package"), out)


def _save(answer: httpx.Response, out: Path) -> None:
    if not answer.is_success:
        answer_of(answer)
    out.write_bytes(answer.content)
    console.print(f"已写入 {out}({len(answer.content):,} 字节)", markup=False)
