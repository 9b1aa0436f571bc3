"""``guiren parked …``: what a service could not act on; try it again, or pass it over."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.cli.outlet import (
    FAILED,
    OFFICE_ACCOUNT,
    HomeOption,
    JsonOption,
    answer_of,
    client,
    console,
    home_of,
    print_json,
    said_once,
)

parked = typer.Typer(help="未能处理的消息", no_args_is_help=True)

AccountOption = Annotated[str, typer.Option("--as", help="以哪个账号办理")]


@parked.command("list")
def list_(account: AccountOption = OFFICE_ACCOUNT, home: HomeOption = None, json: JsonOption = False) -> None:
    """哪个环节、第几条、为什么。"""
    with client(home_of(home), account) as gateway:
        found: dict[str, Any] = answer_of(gateway.get("/api/issues/parked"))
    if json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("环节", "位置", "消息", "原因"):
        table.add_column(title, overflow="fold")
    for item in found["items"]:
        table.add_row(item["follower"], str(item["pos"]), item["type"], item["error"])
    console.print(table)
    console.print(f"共 {found['total']} 条")


@parked.command("replay")
def replay(account: AccountOption = OFFICE_ACCOUNT, home: HomeOption = None, json: JsonOption = False) -> None:
    """全部重新处理一次。"""
    with client(home_of(home), account) as gateway:
        found: dict[str, Any] = answer_of(gateway.post("/api/issues/parked/replay"))
    if json:
        print_json(found)
    else:
        console.print(f"处理成功 {found['through']} 条,仍未能处理 {found['left']} 条")
    if found["left"]:
        raise typer.Exit(FAILED)


@parked.command("skip")
def skip(
    follower: Annotated[str, typer.Argument(help="环节(见 guiren parked list)")],
    position: Annotated[int, typer.Argument(help="位置", min=1)],
    reason: Annotated[str, typer.Option("--reason", help="原因,连同经办人记入日志")],
    account: AccountOption = OFFICE_ACCOUNT,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """跳过一条:它本应引起的事项(工单、时限)不会再自动产生。"""
    with client(home_of(home), account) as gateway:
        at = f"/api/issues/parked/{follower}/{position}/skip"
        found: dict[str, Any] = answer_of(gateway.post(at, json={"reason": reason}, headers=said_once(at, reason)))
    if json:
        print_json(found)
    else:
        console.print(f"已跳过 {follower} 第 {position} 条", markup=False)
