"""``guiren roster import``: a register extract goes in, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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

roster = typer.Typer(help="企业与网格", no_args_is_help=True)


@roster.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(exists=True, help="CSV、XLSX 或 XLS 文件,可以多个;也可以是文件夹")],
    apply: Annotated[bool, typer.Option("--apply", help="写入;不加则只核对不写入")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="与登记库比对,列出会改变什么,不写入")] = False,
    complete: Annotated[bool, typer.Option("--complete", help="文件是全区存续企业的完整名单(只能一个文件)")] = False,
    confirm: Annotated[int | None, typer.Option("--confirm", help="已核对的“名单中没有”的户数")] = None,
    home: HomeOption = None,
    account: Annotated[str, typer.Option("--as", help="以哪个账号导入")] = OFFICE_ACCOUNT,
    json: JsonOption = False,
) -> None:
    """导入登记数据:先核对,出具逐行报告;加 --apply 才写入,中断后可重做。"""
    from deploy.cli.importing import Asked, NotImported, extracts, imported, told

    found = extracts(files)
    if not found:
        fail("没有找到 CSV、XLSX 或 XLS 文件")
    if complete and len(found) > 1:
        fail("--complete 只能用于一个文件:完整名单须在同一个文件里")
    asked = Asked(apply=apply and not preview, preview=preview, complete=complete, confirm=confirm)
    results: list[dict[str, Any]] = []
    refused: list[str] = []
    with client(home_of(home), account, 3600) as gateway:
        for file in found:
            try:
                results.append(imported(gateway, file, asked))
            except NotImported as problem:  # The other files are not concerned.
                refused.append(str(problem))
                if len(found) > 1 and not json:
                    complaints.print(str(problem), style="red", markup=False)
                continue
            if not json:
                told(results[-1], asked)
    if json and (results or len(found) > 1):
        print_json(results[0] if len(found) == 1 else {"items": results, "refused": refused})
    if refused:
        fail(refused[0] if len(found) == 1 else f"{len(found)} 个文件中有 {len(refused)} 个未能导入")


@roster.command("responsible")
def responsible(
    enterprise: Annotated[str, typer.Option("--enterprise", help="统一社会信用代码")],
    on: Annotated[str | None, typer.Option("--on", help="哪一天(YYYY-MM-DD),默认今天,可早可晚")] = None,
    home: HomeOption = None,
    account: Annotated[str, typer.Option("--as", help="以哪个账号查询")] = OFFICE_ACCOUNT,
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
    account: Annotated[str, typer.Option("--as", help="以哪个账号查询")] = OFFICE_ACCOUNT,
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
        print_json({"from": page["from"], "to": page["to"], "total": len(items), "items": items})
        return
    for item in items:
        until_ = item["until"] or "至今"
        said = f"{item['code']} {item['name']} {item['line_label']} {item['kind_label']} {item['unit'] or ''}"
        console.print(f"{said} {item['since']}…{until_}", markup=False)
    console.print(f"共 {len(items)} 处")
