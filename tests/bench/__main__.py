"""``python -m tests.bench [--only NAME …] [--out bench.json]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from shared.log.collector import seldom
from tests.bench import append, cost, evidence, gateway, rebuild, register, relay, replay, tickets, vault, visible, workbook
from tests.bench.figure import Figure
from tests.bench.ground import facts, ground

MEASURES = {
    "append": append.measure,
    "relay": relay.measure,
    "rebuild": rebuild.measure,
    "workbook": workbook.measure,
    "visible": visible.measure,
    "http": gateway.measure,
    "cost": cost.measure,
    "evidence": evidence.measure,
    "register": register.measure,
    "tickets": tickets.measure,
    "vault": vault.measure,
    "replay": replay.measure,
}
console = Console(highlight=False, width=None if sys.stdout.isatty() else 180)


async def run(wanted: list[str]) -> tuple[list[Figure], dict[str, str], dict[str, float]]:
    """Measure, one after the other on the same servers. What fails is told and does not stop the others."""
    figures: list[Figure] = []
    failed: dict[str, str] = {}
    seconds: dict[str, float] = {}
    async with ground() as where:
        for name in wanted:
            console.print(f"… {name}", style="dim")
            began = time.perf_counter()
            try:
                made = await MEASURES[name](where)
                figures += made
                for item in made:
                    beside = (
                        ""
                        if item.ratio is None
                        else f" · beside {number(item.beside or 0)} {item.beside_what} · ratio {item.ratio:.2f}"
                    )
                    console.print(f"  {item.name}: {number(item.ours)} {item.unit}{beside} · {item.note}", soft_wrap=True)
            except Exception as error:  # noqa: BLE001  the other figures are still worth their time.
                failed[name] = repr(error)
                console.print_exception(width=120, max_frames=6)
            seconds[name] = round(time.perf_counter() - began, 1)
    return figures, failed, seconds


def show(figures: list[Figure], about: dict[str, Any]) -> None:
    """The table."""
    table = Table(title="guiren bench", caption=", ".join(f"{name} {value}" for name, value in about.items()))
    for title in ("figure", "what", "ours", "beside", "ratio", "goal", "", "note"):
        table.add_column(title, justify="right" if title in ("ours", "ratio") else "left", overflow="fold")
    for item in figures:
        goal = (
            ""
            if item.goal is None
            else (
                f"ratio ≥ {item.goal:g}"
                if item.goal_of == "ratio"
                else f"{'<' if item.less_is_better else '≥'} {number(item.goal)}"
            )
        )
        table.add_row(
            item.name,
            item.what,
            f"{number(item.ours)} {item.unit}",
            "" if item.beside is None else f"{number(item.beside)} {item.beside_what}",
            "" if item.ratio is None else f"{item.ratio:.2f}",
            goal,
            "" if item.met is None else ("[green]met[/]" if item.met else "[red]missed[/]"),
            item.note,
        )
    console.print(table)


def number(value: float) -> str:
    """Readable at any size."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main() -> int:
    """Measure what was asked for; 1 if something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one figure; may be said several times")
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    about = facts()
    seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures, failed, seconds = runner.run(run(arguments.only or list(MEASURES)))
    show(figures, about)
    document = {"about": about, "figures": [item.document() for item in figures], "failed": failed, "seconds": seconds}
    arguments.out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for name, error in failed.items():
        console.print(f"{name} could not be measured: {error}", style="red", markup=False)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
