"""``guiren token``: a bearer token of a local account (embedded profile only)."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.outlet import HomeOption, home_of, token_of


def token(
    account: Annotated[str, typer.Option("--as", help="账号,如 office、chief、<单位编码>-liaison")],
    home: HomeOption = None,
) -> None:
    """Print the token and nothing else."""
    typer.echo(token_of(home_of(home), account))
