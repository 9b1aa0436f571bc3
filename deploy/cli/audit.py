"""``guiren audit fsck``: do the copies agree, and does what is shown follow from what was recorded?"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from deploy.cli.outlet import (
    FAILED,
    NOT_RUNNING,
    HomeOption,
    JsonOption,
    answer_of,
    client,
    console,
    fail,
    home_of,
    own_home,
    print_json,
)
from deploy.embedded import Home, Nats, Postgres
from deploy.embedded.home import SERVICES
from deploy.fsck import Finding
from deploy.fsck import audit as audited
from deploy.install import Place
from deploy.streams import administrators_bus
from shared.settings import Settings

audit = typer.Typer(help="核查", no_args_is_help=True)


@audit.callback()
def _group() -> None:
    """核查。"""


@audit.command("fsck")
def check(
    accept_keys: Annotated[bool, typer.Option("--accept-keys", help="签名公钥(entry-keys.json)是有意更换的")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """逐条核对日志、消息流、镜像,由日志重算视图与副本并比较。结果告知各服务(guiren status);有不符时退出码为 1。"""
    place = own_home(home)
    if not place.running:
        fail(f"没有运行:{place.path}(先执行 guiren up)", NOT_RUNNING)
    with console.status("正在核对…"):
        found = asyncio.run(_checked(place, accept_keys=accept_keys))
    if json:
        print_json([asdict(item) for item in found])
    for item in () if json else found:
        console.print(f"{item.service}:{item.said}", markup=False)
    if found:
        raise typer.Exit(FAILED)
    if not json:
        console.print("全部一致")


@audit.command("security")
def security(
    home: HomeOption = None,
    on: Annotated[str, typer.Option("--on", help="哪一天,YYYY-MM-DD,默认今天")] = "",
    kind: Annotated[str, typer.Option("--kind", help="sign-in|refusal|disclosure|erasure|appointment|export|reading|alarm")] = "",
    of: Annotated[str, typer.Option("--account", help="只看这个账号")] = "",
    account: Annotated[str, typer.Option("--as", help="审计管理员的账号")] = "audit-admin",
    json: JsonOption = False,
) -> None:
    """安全日志:登录、拒绝、个人信息查看、任免、导出(审计管理员)。"""
    asked = {name: value for name, value in (("on", on), ("kind", kind), ("account", of)) if value}
    lines: list[dict[str, Any]] = []
    with client(home_of(home), account) as watcher:
        for service in SERVICES:
            cursor: str | None = ""
            while cursor is not None:
                page = answer_of(watcher.get(f"/api/{service}/security-log", params={**asked, "limit": 500, "cursor": cursor}))
                lines += page["items"]
                cursor = page["next_cursor"]
    lines.sort(key=lambda line: line["at"])
    if json:
        print_json(lines)
        return
    for line in lines:
        told = (
            line["at"],
            line["service"],
            line["kind_label"],
            line.get("account", ""),
            line.get("address", ""),
            line.get("method", ""),
            line.get("object", ""),
            line.get("outcome", ""),
        )
        console.print(" ".join(str(part) for part in told if part), markup=False)


async def _checked(home: Home, *, accept_keys: bool) -> list[Finding]:
    settings, postgres, nats = (
        Settings(vault_socket=home.vault_socket, vault_secret_file=home.secrets / "vault-audit", checkpoints=home.checkpoints),
        Postgres(home),
        Nats(home),
    )
    bus = administrators_bus(nats.url, home.secrets, settings.district)
    try:
        return await audited(Place("127.0.0.1", postgres.port, postgres.admin_password), bus, settings, accept_keys=accept_keys)
    finally:
        await bus.close()
