"""``guiren restore``: a log that lost its end gets it back. For the administrator of the machine, never by itself."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.cli.outlet import FAILED, NOT_RUNNING, HomeOption, JsonOption, console, fail, own_home, print_json
from deploy.embedded import Nats, Postgres
from deploy.install import Place
from deploy.restore import Asked, restore_all
from deploy.streams import administrators_bus


def restore(
    mirror: Annotated[
        bool, typer.Option("--from-mirror/--from-stream", help="由哪份副本恢复:消息流(默认)或 reporting 的镜像")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="写入;不加则只查看缺什么")] = False,
    forget: Annotated[
        bool, typer.Option("--forget-checkpoint", help="不以检查点为准(检查点丢失,或所缺事件确已无处可寻):须先查明")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """事件日志落后于副本时(换回旧备份、数据库丢失)补回缺失的事件。先逐条核对,不一致、无签名或不短于检查点则不动。"""
    place = own_home(home)
    postgres, nats = Postgres(place), Nats(place)
    if not place.running:
        fail(f"没有运行:{place.path}(先执行 guiren up)", NOT_RUNNING)
    where = Place("127.0.0.1", postgres.port, postgres.admin_password)
    bus = administrators_bus(nats.url, place.secrets, os.environ.get("GUIREN_DISTRICT", "520502"))
    found = asyncio.run(restore_all(where, bus, Asked(apply, place.checkpoints, forget), mirror=mirror))
    if json:
        logs = {service: item.facts() for service, item in found.logs.items()}
        print_json(logs | {"keys": asdict(found.keys), "unreadable": found.unreadable})
    else:
        for line in found.lines(apply=apply):
            console.print(line, markup=False)
    if found.failed:
        raise typer.Exit(FAILED)
