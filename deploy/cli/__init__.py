"""``guiren``: the command line. One module per group of commands.

Exit codes: 0 done (``status``: ready) · 1 refused or failed (``status``: not ready) · 2 used wrongly · 3 not running.
"""

from __future__ import annotations

from typing import Any

import httpx
import typer
from typer.core import TyperGroup

from deploy.cli import audit, init, issues, life, parked, privacy, reports, restore, roster, status, token, visits
from deploy.cli.outlet import NOT_RUNNING, fail
from shared.log.collector import seldom
from shared.log.outages import in_words


class Sentences(TyperGroup):
    """Whatever of the machine or the network stands in the way of a command is a sentence, not a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except httpx.TransportError as error:
            fail(f"网关没有应答,请稍后再试:{error.request.url.scheme}://{error.request.url.netloc.decode()}", NOT_RUNNING)
        except OSError as error:
            fail(in_words(error))


app = typer.Typer(cls=Sentences, help="贵人服务", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("up", help="启动全部服务,就绪后打印地址与账号;Ctrl-C 停止")(life.up)
app.command("down", help="停止在后台或其他终端运行的服务")(life.down)
app.command("status", help="查看是否就绪。退出码:0 就绪,1 未就绪或降级,3 没有运行")(status.status)
app.command("token", help="输出一个本地账号的访问令牌(有效 12 小时)")(token.token)
app.command("init")(init.init)
app.command("restore")(restore.restore)
app.command("coverage")(reports.coverage)
app.command("indicators")(reports.indicators)
app.add_typer(roster.roster, name="roster")
app.add_typer(issues.issues, name="issues")
app.add_typer(parked.parked, name="parked")
app.add_typer(visits.visits, name="visits")
app.add_typer(audit.audit, name="audit")
app.add_typer(privacy.privacy, name="privacy")
app.add_typer(reports.ledger, name="ledger")
app.add_typer(reports.reporting, name="reporting")


def main() -> None:
    """The entry point of the installed command."""
    seldom()
    app()
