"""``guiren issues …``: tickets, and what their clocks would do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.cli.outlet import (
    OFFICE_ACCOUNT,
    HomeOption,
    JsonOption,
    answer_of,
    client,
    complaints,
    console,
    fail,
    home_of,
    print_json,
)
from shared.log.outages import in_words

issues = typer.Typer(help="诉求与问题", no_args_is_help=True)

AsOption = Annotated[str, typer.Option("--as", help="以哪个账号查询")]


@issues.command("timers")
def timers(
    at: Annotated[str, typer.Option("--at", help="时刻,如 2026-12-01T09:00:00+08:00")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="试运行:只说明将发生什么")] = False,
    account: AsOption = OFFICE_ACCOUNT,
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
    account: AsOption = OFFICE_ACCOUNT,
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
    account: AsOption = OFFICE_ACCOUNT,
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
    account: AsOption = OFFICE_ACCOUNT,
    home: HomeOption = None,
) -> None:
    """一个问题的归档包:事件原文、办理过程、表单、答复、来源走访和清单。"""
    with client(home_of(home), account, 120) as gateway:
        _save(gateway.get(f"/api/issues/issues/{issue}/package"), out)


@issues.command("replay")
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="其他系统的办理记录(CSV),一行一个状态")],
    mapping: Annotated[Path, typer.Option("--mapping", exists=True, dir_okay=False, help="对应关系(TOML 或 JSON)")],
    account: Annotated[str, typer.Option("--as", help="以哪个账号补录")] = OFFICE_ACCOUNT,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """补录其他系统的办理历史:按原时刻逐行记入,清点提级、下移、重办和终态;可重复执行。"""
    from deploy.replay.mapping import read_mapping
    from deploy.replay.reader import Unreadable, read_rows
    from deploy.replay.runner import LONGEST, Replay
    from deploy.replay.runner import replay as run

    try:
        asked = read_mapping(mapping)
        tickets = read_rows(file, asked, lambda note: complaints.print(note, markup=False))
    except Unreadable as error:
        fail("\n".join(["没有写入任何内容:", *error.complaints]))
    except (ValueError, LookupError) as error:  # Not TOML, not a mapping, not in this encoding, no such encoding.
        fail(f"没有写入任何内容:{in_words(error)}")
    if long := [no for no, rows in tickets.items() if len(rows) > LONGEST]:
        fail(f"没有写入任何内容:{long[0]} 超过 {LONGEST} 行")
    bar = Progress(TextColumn("补录"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=complaints)
    with client(home_of(home), account, 600) as gateway, bar:
        task = bar.add_task("补录", total=sum(map(len, tickets.values())))
        made: Replay = run(
            asked.source,
            tickets,
            lambda body: answer_of(gateway.post("/api/issues/histories", json=body)),
            lambda rows: bar.advance(task, rows),
        )
    if json:
        print_json(made.document())
    else:
        _told(made.document())
    if not made.exact:
        fail("清点不一致:按文件清点与按事件清点不同,或有记录不能补录")


def _told(made: dict[str, Any]) -> None:
    """The counts as a table: from the rows, from the log."""
    table = Table(title=f"{made['source']}:新补录 {made['added']:,} 行")
    for name in ("清点", "按文件", "按事件"):
        table.add_column(name, justify="left" if name == "清点" else "right")
    labels = {
        "tickets": "问题",
        "rows": "状态记录",
        "escalations": "提级",
        "hand_downs": "下移",
        "reopenings": "重办",
        "final": "已到终态",
    }
    plain, logged = made["counts"], made["from_log"]
    for name, label in labels.items():
        table.add_row(label, f"{plain[name]:,}", f"{logged[name]:,}")
    for status in sorted(plain["last"].keys() | logged["last"].keys()):
        table.add_row(f"末状态 {status}", f"{plain['last'].get(status, 0):,}", f"{logged['last'].get(status, 0):,}")
    console.print(table)
    console.print(f"按现行规则会被退回的记录 {len(made['refused']):,} 行(已照实补录,逐行清单见 --json)")
    for title, rows in made["refusals"].items():
        console.print(f"  {rows:,} 行 {title}", markup=False)
    for item in made["differing"]:
        console.print(f"未补录 {item['no']}:{item['title']}(第 {item.get('line', '?')} 行)", style="red", markup=False)


def _save(answer: httpx.Response, out: Path) -> None:
    if not answer.is_success:
        answer_of(answer)
    out.write_bytes(answer.content)
    console.print(f"已写入 {out}({len(answer.content):,} 字节)", markup=False)
