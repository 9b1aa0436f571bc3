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
    home: HomeOption = None,
    account: Annotated[str, typer.Option("--as", help="以哪个账号导入")] = "office",
    json: JsonOption = False,
) -> None:
    """导入登记数据:先核对,出具逐行报告;加 --apply 才写入,中断后可重做。"""
    report = file.with_name(f"{file.stem}.核对报告.csv")
    result: dict[str, Any] = {}
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=complaints)
    with client(home_of(home), account, 3600) as gateway, report.open("w", encoding="utf-8-sig", newline="") as out, bar:
        task = bar.add_task("核对", total=None)
        writer = csv.writer(out)
        writer.writerow(["行号", "结论", "列", "原因类别", "原因", "统一社会信用代码"])
        with file.open("rb") as body, gateway.stream(
            "POST", "/api/roster/imports", params={"name": file.name, "apply": str(apply).lower()}, content=body
        ) as response:  # fmt: skip
            if not response.is_success:
                response.read()
                answer_of(response)
            for line in response.iter_lines():
                told = jsonlib.loads(line)
                if "report" in told:
                    writer.writerows(told["report"])
                elif "done" in told:
                    bar.update(task, description=told["phase"], completed=told["done"], total=told["total"])
                elif "problem" in told:
                    fail(told["problem"])
                else:
                    result = told["result"]
    if not result:
        fail("导入中断:服务没有给出结果,可重新执行同一命令继续")
    result["report"] = str(report)
    if json:
        print_json(result)
        return
    console.print(
        f"共 {result['rows']} 行:可登记 {result['accepted']},不予登记 {result['refused']},待人工核对 {result['set_aside']},"
        f"重复 {result['repeated']}" + (f";新登记 {result['registered']},更新 {result['amended']}" if apply else "(未写入)")
    )
    console.print(f"逐行报告:{report}", markup=False)
