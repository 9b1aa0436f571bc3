"""``guiren``: the command line. One module per group of commands.

Exit codes: 0 done (``status``: ready) · 1 refused or failed (``status``: not ready) · 2 used wrongly · 3 not running.
"""

from __future__ import annotations

import typer

from deploy.cli import life, status, token

app = typer.Typer(help="贵人服务", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("up")(life.up)
app.command("down")(life.down)
app.command("status")(status.status)
app.command("token")(token.token)


def main() -> None:
    """The entry point of the installed command."""
    app()
