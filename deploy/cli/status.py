"""``guiren status``: is everything ready?"""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from deploy.cli.outlet import FAILED, NOT_RUNNING, HomeOption, JsonOption, console, own_home, print_json
from deploy.embedded import supervisor


def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Say how every part is; the exit code says it too."""
    place = own_home(home)
    found = supervisor.status(place)
    if json:
        print_json(found)
    else:
        _show(found)
    if not found["services"]:
        raise typer.Exit(NOT_RUNNING)
    raise typer.Exit(0 if found["ready"] and not found["degraded"] else FAILED)


_PHASES = {"starting": "正在启动", "loading": "正在载入演示数据", "stopping": "正在停止"}
_UNREADY = {
    "halted": "已停止",
    "loading": "演示数据未载入完",
    "catching up": "正在追赶",
    "behind": "落后",
    "away": "无应答",
    "ending": "即将重启",
}


def _show(found: dict[str, Any]) -> None:
    if not found["services"]:
        console.print(f"没有运行:{found['home']}", markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("部件", "状态", "检查"):
        table.add_column(title)
    for name, part in found["services"].items():
        checks: dict[str, Any] = part.get("checks", {})
        told = " ".join(f"{check}{'' if fact.get('ok', True) else '✗'}{_figure(fact)}" for check, fact in checks.items())
        table.add_row(name, _state(ready=part["ready"], degraded=bool(part.get("degraded"))), told)
    console.print(table)
    for name, part in found["services"].items():
        for check, fact in part.get("checks", {}).items():
            if why := reason(fact):
                console.print(f"{name} {check}:{why}", style="yellow", markup=False)
    if phase := _PHASES.get(found["phase"]):
        console.print(f"{found['address']}  {phase}", style="yellow", markup=False)
    else:
        console.print(f"{found['address']}  {_state(ready=found['ready'], degraded=bool(found['degraded']))}")


def _state(*, ready: bool, degraded: bool) -> str:
    return "[red]未就绪[/]" if not ready else "[yellow]降级[/]" if degraded else "[green]就绪[/]"


def reason(fact: dict[str, Any]) -> str:
    """Why a check is not well, in one line: what it is, where it stands, what was said, how often."""
    if fact.get("ok", True):
        return ""
    where = f"第 {fact['position'] + 1} 条" if fact.get("halted") or fact.get("stopped") else ""
    stopped = f"{fact['stopped']} 个对象未能列出" if fact.get("stopped") else ""
    parked = f"{fact['parked']} 条未能处理,最早第 {fact['parked_at']} 条(guiren parked list)" if fact.get("parked") else ""
    lag = f"落后 {fact['lag']} 条" if fact.get("lag") else ""
    times = f"连续失败 {fact['failures']} 次" if fact.get("failures", 0) > 1 else ""
    said = (
        _UNREADY.get(fact.get("unready", ""), ""),
        where,
        stopped,
        parked,
        lag,
        times,
        fact.get("halted") or fact.get("error", ""),
    )
    return ",".join(part for part in said if part)


def _figure(fact: dict[str, Any]) -> str:
    figure = fact.get("position", fact.get("port"))
    return "" if figure is None else f"={figure}"
