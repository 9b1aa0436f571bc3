"""``python -m deploy.demo``: load the demo district once into an empty platform whose services run. Said twice: nothing."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from deploy.demo.deeds import doing
from deploy.demo.desk import serving
from deploy.demo.district import district, founding, official_calendar
from deploy.demo.filings import filing, mirrored, plans
from deploy.demo.life import visiting, visits
from deploy.demo.loader import Loader, NotEmpty
from deploy.demo.pictures import attachments, drawings, keep, lookalikes
from deploy.demo.register import entering, register
from deploy.demo.steps import Span
from deploy.demo.team import organising
from shared.language.months import local_date
from shared.language.problems import Unavailable
from shared.language.terms import derived_id
from shared.log.outages import in_words
from shared.settings import Settings

_NAMES = {"roster": "单位、队伍与企业库", "issues": "诉求与问题", "visits": "走访", "reporting": "台账报送"}
_OK, _FAILED = 0, 1


class Teller:
    """Bars on a terminal, a plain line per stage otherwise."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Teller:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def progress(self, service: str, done: int, total: int) -> None:
        """So many of a stage."""
        if service not in self._tasks:
            self._tasks[service] = self._bars.add_task(_NAMES[service], total=total)
        self._bars.update(self._tasks[service], completed=done)

    def say(self, text: str) -> None:
        """A line."""
        self._console.print(text, highlight=False, soft_wrap=True)


async def load(settings: Settings, tell: Teller, prefix: str = "") -> None:
    """Everything, in the order in which it must be in the logs."""
    loader, began = Loader(settings, prefix), time.monotonic()
    calendar = official_calendar()
    span = Span(await loader.begun() or local_date(datetime.now(UTC)), calendar)
    where = district()
    await loader.begin()
    enterprises = register(where, span)
    planned = visits(where, span, enterprises)
    files = drawings()
    await asyncio.to_thread(keep, settings.evidence_url, [*files, *lookalikes()])
    shown = attachments(files)
    told = list(visiting(where, span, planned, shown))
    entries = {
        "roster": await loader.append(
            "roster",
            [*founding(where, span), *entering(where, span, enterprises), *organising(where, span, enterprises)],
            calendar,
            tell.progress,
        ),
        "issues": await loader.append("issues", serving(where, span, enterprises, planned, told), calendar, tell.progress),
        "visits": await loader.append("visits", [*told, *doing(where, span, planned, shown)], calendar, tell.progress),
    }
    for service in entries:
        await loader.show(service)
    tell.say(f"事件 {sum(entries.values())} 条({time.monotonic() - began:.1f} 秒),等待台账服务同步 …")
    await mirrored(loader)
    last = [derived_id("demo", "submit", plan.key) for plan in plans(where, span)][-1:]
    steps = [] if await loader.known("reporting", last) else [step async for step in filing(loader, where, span)]
    entries["reporting"] = await loader.append("reporting", steps, calendar, tell.progress)
    await loader.show("reporting")
    await loader.end()
    summary = "、".join(f"{_NAMES[service]} {count}" for service, count in entries.items())
    tell.say(f"演示数据:{summary} 条事件,{len(enterprises)} 户企业,{len(planned)} 次走访,用时 {time.monotonic() - began:.1f} 秒")


def main() -> int:
    """Answer 0 when the demo is there, whoever brought it."""
    with Teller(Console()) as tell:
        try:
            asyncio.run(load(Settings(), tell))
        except NotEmpty:
            tell.say("平台中已有业务数据,不载入演示数据")
        except (OSError, TimeoutError, Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            tell.say(f"演示数据未能载入完,再运行一次即可继续:{in_words(error)}")
            return _FAILED
    return _OK


if __name__ == "__main__":
    sys.exit(main())
