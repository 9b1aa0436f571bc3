"""``guiren status``: is everything ready?"""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from deploy.cli.outlet import FAILED, NOT_RUNNING, HomeOption, JsonOption, console, home_of, print_json
from deploy.embedded import supervisor


def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Say how every part is; the exit code says it too."""
    place = home_of(home)
    found = supervisor.status(place)
    if json:
        print_json(found)
    else:
        _show(found)
    if not found["services"]:
        raise typer.Exit(NOT_RUNNING)
    raise typer.Exit(0 if found["ready"] else FAILED)


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
        table.add_row(name, "[green]就绪[/]" if part["ready"] else "[red]未就绪[/]", told)
    console.print(table)
    console.print(f"{found['address']}  {'[green]就绪[/]' if found['ready'] else '[red]未就绪[/]'}")


def _figure(fact: dict[str, Any]) -> str:
    figure = fact.get("position", fact.get("port"))
    return "" if figure is None else f"={figure}"
