"""``guiren audit fsck``: do the copies agree, and does what is shown follow from what was recorded?"""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from deploy.cli.outlet import FAILED, NOT_RUNNING, HomeOption, JsonOption, console, fail, home_of, print_json
from deploy.embedded import Home, Nats, Postgres
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
def check(home: HomeOption = None, json: JsonOption = False) -> None:
    """逐条核对日志、消息流、镜像,由日志重算视图与副本并比较。结果告知各服务(guiren status);有不符时退出码为 1。"""
    place = home_of(home)
    if not place.running:
        fail(f"没有运行:{place.path}(先执行 guiren up)", NOT_RUNNING)
    with console.status("正在核对…"):
        found = asyncio.run(_checked(place))
    if json:
        print_json([asdict(item) for item in found])
    for item in () if json else found:
        console.print(f"{item.service}:{item.said}", markup=False)
    if found:
        raise typer.Exit(FAILED)
    if not json:
        console.print("全部一致")


async def _checked(home: Home) -> list[Finding]:
    settings, postgres, nats = (
        Settings(master_key_file=home.secrets / "master-key", checkpoints=home.checkpoints),
        Postgres(home),
        Nats(home),
    )
    bus = administrators_bus(nats.url, home.secrets, settings.district)
    try:
        return await audited(Place("127.0.0.1", postgres.port, postgres.admin_password), bus, settings)
    finally:
        await bus.close()
