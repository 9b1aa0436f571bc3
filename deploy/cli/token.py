"""``guiren token``: a bearer token of a local account (embedded profile only), and the end of one."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.outlet import HomeOption, address_of, answer_of, client, console, home_of, token_of


def token(
    account: Annotated[str, typer.Option("--as", help="账号,如 office、chief、<单位编码>-liaison")],
    revoke: Annotated[str, typer.Option("--revoke", help="撤销这个编号(jti)的令牌,不再输出新令牌;编号见 access.jsonl")] = "",
    reason: Annotated[str, typer.Option("--reason", help="撤销原因")] = "",
    home: HomeOption = None,
) -> None:
    """Print the token and nothing else. The account's posts of today are looked at first: a token of nobody helps nobody."""
    import httpx

    place = home_of(home)
    if revoke:
        with client(place, account) as gateway:
            answer_of(gateway.post(f"/api/roster/tokens/{revoke}/revoke", json={"reason": reason}))
        console.print(f"已撤销 {revoke}", markup=False)
        return
    address = address_of(place)
    made = token_of(place, account)
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {made}"}, timeout=10, trust_env=False) as gateway:
        answer_of(gateway.get("/api/roster/me"))
    typer.echo(made)
