"""``guiren restore``: a log that lost its end gets it back. For the administrator of the machine, never by itself."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.cli.outlet import FAILED, NOT_RUNNING, HomeOption, JsonOption, console, fail, home_of, print_json
from deploy.embedded import Nats, Postgres
from deploy.install import Place
from deploy.restore import restore_from, restore_keys, told, told_keys, told_unreadable, unreadable


def restore(
    mirror: Annotated[
        bool, typer.Option("--from-mirror/--from-stream", help="由哪份副本恢复:消息流(默认)或 reporting 的镜像")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="写入;不加则只查看缺什么")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """事件日志落后于副本时(换回旧备份、数据库丢失)补回缺失的事件。先逐条核对,不一致则不动。"""
    place, postgres, nats = home_of(home), Postgres(home_of(home)), Nats(home_of(home))
    if not place.running:
        fail(f"没有运行:{place.path}(先执行 guiren up)", NOT_RUNNING)
    where = Place("127.0.0.1", postgres.port, postgres.admin_password)
    district = os.environ.get("GUIREN_DISTRICT", "520502")
    keys = asyncio.run(
        restore_keys(where, nats.url, nats.password, district, apply=apply)
    )  # First: services write once a log is.
    found = asyncio.run(restore_from(where, nats.url, nats.password, district, mirror=mirror, apply=apply))
    lacking = asyncio.run(unreadable(where))
    if json:
        print_json({service: item.facts() for service, item in found.items()} | {"keys": asdict(keys), "unreadable": lacking})
    else:
        for line in (*told_keys(keys, apply=apply), *told(found, apply=apply), *told_unreadable(lacking)):
            console.print(line, markup=False)
    if any(item.trouble for item in found.values()):
        raise typer.Exit(FAILED)
