"""``python -m deploy.embedded --home DIR [--port N] [--no-demo]``: the supervisor in this process, as ``guiren up`` runs it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from deploy.embedded.home import Home, NotPossibleError, default_home
from deploy.embedded.process import NotStartedError
from deploy.embedded.supervisor import Supervisor


def run(home: Home, port: int | None, *, demo: bool) -> int:
    """Run until told to stop; the exit code."""
    home.make()

    def say(text: str) -> None:
        print(text, flush=True)

    try:
        asyncio.run(_run(home, port, demo=demo, say=say))
    except (NotPossibleError, NotStartedError) as error:
        say(str(error))
        return 1
    return 0


async def _run(home: Home, port: int | None, *, demo: bool, say: object) -> None:
    await Supervisor(home, port, demo=demo, say=say).run()  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded")
    parser.add_argument("--home", type=Path, default=default_home())
    parser.add_argument("--port", type=int)
    parser.add_argument("--no-demo", action="store_true")
    arguments = parser.parse_args()
    sys.exit(run(Home(arguments.home), arguments.port, demo=not arguments.no_demo))
