"""``guiren coverage``, ``guiren ledger …``, ``guiren reporting rebuild``: what is told of the month."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from deploy.cli.outlet import OFFICE_ACCOUNT, HomeOption, JsonOption, answer_of, client, console, home_of, print_json

ledger = typer.Typer(help="走访服务企业台账(附件3)", no_args_is_help=True)
reporting = typer.Typer(help="台账与指标服务", no_args_is_help=True)

MonthOption = Annotated[str, typer.Option("--month", help="月份 YYYY-MM")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="按该时刻已知的事件计算,如 2026-09-27T18:00:00+08:00")]
NowOption = Annotated[bool, typer.Option("--now", help="按现在已知的事件计算,而不是已报送的内容")]
AsOption = Annotated[str, typer.Option("--as", help="以哪个账号查询")]


def _ask(home: Path | None, account: str, path: str, **params: str | None) -> httpx.Response:
    with client(home_of(home), account, 600) as gateway:
        return gateway.get(path, params={name: value for name, value in params.items() if value is not None})


def coverage(
    month: MonthOption,
    unit: Annotated[str | None, typer.Option("--unit", help="单位编码")] = None,
    as_of: AsOfOption = None,
    account: AsOption = OFFICE_ACCOUNT,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """走访覆盖率:各单位各网格线,及全区四项。"""
    found = answer_of(_ask(home, account, "/api/reporting/coverage", month=month, unit=unit, as_of=as_of))
    if json:
        print_json(found)
        return
    for basis, title in (("filing", "报送口径"), ("whole_month", "全月口径")):
        part = found[basis]
        table = Table(title=f"{month} 走访覆盖率({title},截至 {part['until']})")
        for name in ("单位", "网格线", "已走访", "应走访", "覆盖率%", "尽责%", "未走访"):
            table.add_column(name, justify="left" if name in ("单位", "网格线") else "right")
        for item in part["units"]:
            line = "纵向" if item["line"] == "vertical" else "横向"
            table.add_row(
                item["name"],
                line,
                *(str(item[k]) for k in ("n", "d")),
                item["pct"] or "—",
                item["diligent"]["pct"] or "—",
                str(item["unvisited"]),
            )
        console.print(table)
        if district := part.get("district"):
            labels = {"horizontal": "横向", "vertical": "纵向", "either": "任一线", "both": "双线"}
            console.print("全区 " + " · ".join(f"{labels[k]} {v['n']}/{v['d']} {v['pct'] or '—'}%" for k, v in district.items()))


def indicators(
    month: MonthOption,
    unit: Annotated[str | None, typer.Option("--unit", help="单位编码")] = None,
    as_of: AsOfOption = None,
    why: Annotated[str | None, typer.Option("--why", help="列出构成某项指标的企业、问题、走访与事件,如 K1")] = None,
    basis: Annotated[str, typer.Option("--basis", help="--why 的口径:filing 报送口径,month 全月口径")] = "filing",
    account: AsOption = OFFICE_ACCOUNT,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """一个月的全部指标(K1 至 K9 等),全区的或一个单位的;--why 回答某项指标由哪些构成。"""
    if why is not None:
        _why(home, account, why, json=json, month=month, unit=unit, as_of=as_of, basis=basis)
        return
    found = answer_of(_ask(home, account, "/api/reporting/indicators", month=month, unit=unit, as_of=as_of))
    if json:
        print_json(found)
        return
    table = Table(title=f"{month} 指标({found['unit_name'] or '全区'})")
    for name in ("编号", "指标", "报送口径", "%", "全月口径", "%"):
        table.add_column(name, justify="left" if name in ("编号", "指标") else "right")
    for item in found["indicators"]:
        table.add_row(item["kpi"], item["kpi_label"], *_told(item["filing"]), *_told(item["whole_month"]))
    console.print(table)
    console.print(
        f"规则第{found['rules']}版;截至日志位置 " + "、".join(f"{k} {v}" for k, v in found["cut"].items()), markup=False
    )


def _told(value: dict[str, Any]) -> tuple[str, str]:
    """As ``5/11`` and ``45.45``; what few answered says so."""
    if value["hidden"]:
        return "不显示", "—"
    share = str(value["n"]) if value["d"] is None else f"{value['n']}/{value['d']}"
    return share, f"{value['pct'] or '—'}{'(样本不足)' if value['enough'] is False else ''}"


def _why(home: Path | None, account: str, kpi: str, *, json: bool, **asked: str | None) -> None:
    """All pages, as one list."""
    path = f"/api/reporting/indicators/{kpi}/why"
    found = answer_of(_ask(home, account, path, **asked))
    page = found
    while page["next_cursor"]:
        page = answer_of(_ask(home, account, path, **asked, cursor=page["next_cursor"]))
        found["items"] += page["items"]
    if json:
        print_json(found | {"next_cursor": None})
        return
    share, pct = _told(found["value"])
    table = Table(title=f"{found['kpi_label']} {asked['month']} {share} {pct}")
    for name in ("计入", "编号", "名称", "单位", "说明", "事件"):
        table.add_column(name)
    for item in found["items"]:
        mark = {True: "是", False: "否", None: "—"}[item["counted"]]
        events = "、".join(f"{event['log']}:{event['position']}" for event in item["events"][-3:])
        table.add_row(mark, item["number"], item["name"], "、".join(item["units"]), ";".join(item["notes"]), events)
    console.print(table)


@ledger.command("show")
def show(
    unit: Annotated[str, typer.Option("--unit", help="单位编码")],
    month: MonthOption,
    as_of: AsOfOption = None,
    now: NowOption = False,
    account: AsOption = OFFICE_ACCOUNT,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """一个单位一个月的台账:已报送的内容(未报送的为草稿),行、汇总、事件位置、摘要。"""
    found: dict[str, Any] = answer_of(
        _ask(home, account, f"/api/reporting/ledgers/{unit}/{month}", as_of=as_of, show="now" if now else None)
    )
    if json:
        print_json(found)
        return
    filed = found["filed"]
    state = "未报送" if filed is None else ("按时" if filed["on_time"] else "逾期") + f"报送 {filed['received']}"
    late = "" if filed is None or filed["on_time"] else f"(原因:{filed['late_reason'] or '未说明'})"
    console.print(
        f"{unit} {month} 台账({found['state_label']}){len(found['rows'])} 行 · {state}{late}\n摘要 {found['digest']}",
        markup=False,
    )
    if since := found["since_filing"]:
        console.print(
            f"报送后变更:新增{len(since['added'])} 修改{len(since['changed'])} 移出{len(since['removed'])}", markup=False
        )


@ledger.command("export")
def export(
    unit: Annotated[str, typer.Option("--unit", help="单位编码")],
    month: MonthOption,
    out: Annotated[Path, typer.Option("--out", help="写到哪个 .xlsx 文件")],
    as_of: AsOfOption = None,
    now: NowOption = False,
    account: AsOption = OFFICE_ACCOUNT,
    home: HomeOption = None,
) -> None:
    """导出可打印的 Excel 台账:已报送的内容,未报送的为草稿。"""
    with console.status("正在生成台账…"):
        path = f"/api/reporting/ledgers/{unit}/{month}/workbook"
        response = _ask(home, account, path, as_of=as_of, show="now" if now else None)
    if not response.is_success:
        answer_of(response)
    out.write_bytes(response.content)
    console.print(f"{out}({len(response.content):,} 字节)", markup=False)


@reporting.command("rebuild")
def rebuild(home: HomeOption = None, account: AsOption = "admin", json: JsonOption = False) -> None:
    """由事件重建索引,逐一核对各单位各月台账摘要,一致才切换。"""
    with client(home_of(home), account, 60) as gateway, console.status("正在重建索引…") as status:
        task = answer_of(gateway.post("/api/reporting/rebuild"))
        while task["state"] == "running":
            time.sleep(0.5)
            task = answer_of(gateway.get(f"/api/reporting/rebuilds/{task['id']}"))
            status.update(f"正在{task['step']}… {task['done']}/{task['total'] or '?'}")
    if task["state"] == "failed":
        print_json(task["problem"]) if json else console.print(task["problem"]["title"], markup=False)
        raise typer.Exit(1)
    found = task["result"]
    if json:
        print_json(found)
        return
    if wrong := found["filed"]["different"]:
        console.print(f"已报送台账与报送时不一致 {len(wrong)} 份:{'、'.join(wrong[:20])}", markup=False)
    same = sum(item["before"] == item["after"] for item in found["ledgers"])
    console.print(f"{found['events']} 条事件,{found['seconds']} 秒;{same}/{len(found['ledgers'])} 份台账摘要一致,已切换")
