"""``python -m deploy.embedded --home DIR [--port N] [--no-demo] [--tls NAME]``: the supervisor in this process, as ``guiren up`` runs it."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from deploy.embedded.home import Home, NotPossibleError, default_home
from deploy.embedded.process import NotStartedError
from deploy.embedded.programs import Tls
from deploy.embedded.supervisor import Say, Supervisor
from shared.log.collector import seldom
from shared.log.loglines import say


def run(home: Home, port: int | None, *, demo: bool, tls: Tls | None = None) -> int:
    """Run until told to stop; the exit code."""
    home.make()
    seldom()
    try:
        asyncio.run(_run(home, port, demo=demo, say=say, tls=tls))
    except (NotPossibleError, NotStartedError) as error:
        say(str(error))
        return 1
    return 0


async def _run(home: Home, port: int | None, *, demo: bool, say: Say, tls: Tls | None) -> None:
    await Supervisor(home, port, demo=demo, say=say, tls=tls).run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded")
    parser.add_argument("--home", type=Path, default=default_home())
    parser.add_argument("--port", type=int)
    parser.add_argument("--no-demo", action="store_true")
    parser.add_argument("--tls", metavar="NAME")
    parser.add_argument("--tls-port", type=int, default=8443)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    told = parser.parse_args()
    tls = Tls(told.tls, told.tls_port, told.certificate, told.key) if told.tls else None
    sys.exit(run(Home(told.home), told.port, demo=not told.no_demo, tls=tls))
