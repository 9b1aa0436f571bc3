"""``guiren roster import``: a register extract goes in, row by row."""

from __future__ import annotations

import csv
import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.cli.outlet import HomeOption, JsonOption, answer_of, client, complaints, console, fail, home_of, print_json

roster = typer.Typer(help="企业与网格", no_args_is_help=True)


@roster.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 XLSX 文件")],
    apply: Annotated[bool, typer.Option("--apply", help="写入;不加则只核对不写入")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="与登记库比对,列出会改变什么,不写入")] = False,
    complete: Annotated[bool, typer.Option("--complete", help="文件是全区存续企业的完整名单")] = False,
    home: HomeOption = None,
    account: Annotated[str, typer.Option("--as", help="以哪个账号导入")] = "office",
    json: JsonOption = False,
) -> None:
    """导入登记数据:先核对,出具逐行报告;加 --apply 才写入,中断后可重做。"""
    report = file.with_name(f"{file.stem}.核对报告.csv")
    result: dict[str, Any] = {}
    changes: list[dict[str, Any]] = []
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=complaints)
    with client(home_of(home), account, 3600) as gateway, report.open("w", encoding="utf-8-sig", newline="") as out, bar:
        task = bar.add_task("核对", total=None)
        writer = csv.writer(out)
        writer.writerow(["行号", "结论", "列", "原因类别", "原因", "统一社会信用代码"])
        with file.open("rb") as body, gateway.stream(
            "POST", "/api/roster/imports", params={"name": file.name, "apply": str(apply and not preview).lower(),
                    "preview": str(preview).lower(), "complete": str(complete).lower()}, content=body
        ) as response:  # fmt: skip
            if not response.is_success:
                response.read()
                answer_of(response)
            for line in response.iter_lines():
                told = jsonlib.loads(line)
                if "report" in told:
                    writer.writerows(told["report"])
                elif "changes" in told:
                    changes += told["changes"]
                elif "done" in told:
                    bar.update(task, description=told["phase"], completed=told["done"], total=told["total"])
                elif "problem" in told:
                    fail(told["problem"])
                else:
                    result = told["result"]
    if not result:
        fail("导入中断:服务没有给出结果,可重新执行同一命令继续")
    result["report"] = str(report)
    if preview:
        result["changes"] = changes
    if json:
        print_json(result)
        return
    console.print(
        f"共 {result['rows']} 行:可登记 {result['accepted']},不予登记 {result['refused']},待人工核对 {result['set_aside']},"
        f"区外 {result['outside']},重复 {result['repeated']}"
        + (f";新登记 {result['registered']},更新 {result['amended']}" if apply else "(未写入)")
    )
    if preview:
        labels = {
            "new": "新增",
            "changed": "变更",
            "moved": "迁移",
            "back_again": "恢复",
            "left": "注销或迁出",
            "gone": "名单中没有",
            "unchanged": "未变",
            "outside": "区外",
        }
        told_of = ",".join(f"{label} {result['preview'][name]}" for name, label in labels.items())
        console.print(f"如写入:{told_of}", markup=False)
        for item in changes:
            fields = ";".join(f"{name} {old}→{new}" for name, (old, new) in item.get("fields", {}).items())
            moves = ";".join(f"{move['from']}→{move['to']} {move['because']}" for move in item.get("moves", []))
            console.print(f"{labels[item['what']]} {item['code']} {item['name']} {fields}{moves}", markup=False)
    console.print(f"逐行报告:{report}", markup=False)


@roster.command("responsible")
def responsible(
    enterprise: Annotated[str, typer.Option("--enterprise", help="统一社会信用代码")],
    on: Annotated[str | None, typer.Option("--on", help="哪一天(YYYY-MM-DD),默认今天,可早可晚")] = None,
    home: HomeOption = None,
    account: Annotated[str, typer.Option("--as", help="以哪个账号查询")] = "office",
    json: JsonOption = False,
) -> None:
    """任意一天由谁负责:每条网格线的单位、村(社区)、网格员、网格长。"""
    asked = {"code": enterprise, **({"on": on} if on else {})}
    with client(home_of(home), account) as gateway:
        found: dict[str, Any] = answer_of(gateway.get("/api/roster/responsibility", params=asked))
    if json:
        print_json(found)
        return
    console.print(f"{found['name']}({found['code']}) {found['on']}", markup=False)
    for line, label in (("horizontal", "横向"), ("vertical", "纵向")):
        held: dict[str, Any] | None = found[line]
        if held is None:
            console.print(f"{label}:未落实")
            continue
        worker = held["worker"]
        who = "未落实网格员" if worker is None else worker["name"] + ("(已离任)" if worker["left"] else "")
        place = " ".join(filter(None, (held["unit_name"], held["sub_unit_name"])))
        head = (held["head"] or {}).get("name") or "空缺"
        said = f"{label}:{place} · 网格员 {who} · 网格长 {head} · 电话 {held['office_phone'] or '未登记'}"
        console.print(f"{said} · {held['since']} 起", markup=False)


@roster.command("gaps")
def gaps(
    line: Annotated[str | None, typer.Option("--line", help="vertical 或 horizontal")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="单位编码")] = None,
    since: Annotated[str | None, typer.Option("--from", help="起始日期,默认今天")] = None,
    until: Annotated[str | None, typer.Option("--to", help="截止日期(含),默认今天")] = None,
    home: HomeOption = None,
    account: Annotated[str, typer.Option("--as", help="以哪个账号查询")] = "office",
    json: JsonOption = False,
) -> None:
    """责任空档:哪些企业在哪段时间没有单位、没有网格员,或网格员已离任。"""
    asked = {"line": line, "unit": unit, "from": since, "to": until, "limit": "500"}
    asked = {name: value for name, value in asked.items() if value}
    items: list[dict[str, Any]] = []
    with client(home_of(home), account) as gateway:
        page: dict[str, Any] = answer_of(gateway.get("/api/roster/gaps", params=asked))
        items += page["items"]
        while page["next_cursor"]:
            page = answer_of(gateway.get("/api/roster/gaps", params={**asked, "cursor": page["next_cursor"]}))
            items += page["items"]
    if json:
        print_json({"from": page["from"], "to": page["to"], "total": page["total"], "items": items})
        return
    for item in items:
        until_ = item["until"] or "至今"
        said = f"{item['code']} {item['name']} {item['line_label']} {item['kind_label']} {item['unit'] or ''}"
        console.print(f"{said} {item['since']}…{until_}", markup=False)
    console.print(f"共 {page['total']} 处")
