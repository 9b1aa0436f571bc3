"""What every command shares: its folder, its exit codes, how it prints, and a client of the gateway with a token."""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from rich.console import Console

from deploy.access import note
from deploy.embedded.home import Home, default_home
from shared.http.identity import LONGEST_SECONDS, issue
from shared.language.ids import new_id
from shared.language.terms import derived_id

OFFICE_ACCOUNT = "office-head"
"""Who acts where nobody else is named: the account that ``guiren init`` makes, and that the demo has too."""
FAILED = 1
NOT_RUNNING = 3
AUDIENCE = "guiren"
ISSUER = "guiren-local"

HomeOption = Annotated[Path | None, typer.Option("--home", help="数据目录,默认 GUIREN_HOME 或 .guiren")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON")]

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


def home_of(path: Path | None) -> Home:
    """The folder meant."""
    return Home(path or default_home())


def own_home(path: Path | None) -> Home:
    """The folder of an instance on this machine, for what is done to its own files, servers and processes. Refused in a
    container, where others do that.
    """
    if os.environ.get("GUIREN_ADDRESS"):
        fail("这条命令只用于本机部署;容器部署请按 deploy/README.md 的 Docker 一节办理(docker compose up、ps、run)")
    return home_of(path)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say why on standard error, and end."""
    complaints.print(message, style="red", markup=False)
    raise typer.Exit(code)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def address_of(home: Home) -> str:
    """The gateway of the instance that runs in this folder, or of the one that the environment names (containers)."""
    if named := os.environ.get("GUIREN_ADDRESS"):
        return named
    if not home.running:
        fail(f"没有运行:{home.path}(先执行 guiren up)", NOT_RUNNING)
    return home.state.get("address", "")


def sign(home: Home, claims: dict[str, Any], lifetime: int) -> str:
    """A token of the built-in issuer; possible for whoever may read the secrets of this folder, or of ``GUIREN_SECRETS_DIR``."""
    secrets = Path(os.environ.get("GUIREN_SECRETS_DIR") or home.secrets)
    try:
        key: dict[str, Any] = json.loads((secrets / "signing-key").read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError) as error:
        fail(f"读不到签名密钥:{error.filename}", NOT_RUNNING)
    return issue(key, {"iss": ISSUER, "aud": AUDIENCE, **claims}, int(time.time()), lifetime)


def token_of(home: Home, account: str, lifetime: int = LONGEST_SECONDS) -> str:
    """A token of a local account: it says who, and what that may is the roster's to say. Written down before it is made."""
    jti = str(new_id())
    words = takewhile(lambda word: word.isascii() and word.isalpha(), sys.argv[1:3])  # What of it, and nothing of whom.
    try:
        note(home.path, account=account, token=jti, command=" ".join(words))
    except OSError as error:
        fail(f"无法写入访问日志,不发放令牌:{error.filename}")
    return sign(home, {"sub": str(derived_id("member", account)), "jti": jti}, lifetime)


def client(home: Home, account: str = OFFICE_ACCOUNT, seconds: float = 60) -> httpx.Client:
    """A client of the gateway that acts as this account."""
    address = address_of(home)
    bearer = {"Authorization": f"Bearer {token_of(home, account)}"}
    return httpx.Client(base_url=address, headers=bearer, timeout=seconds, trust_env=False)


def said_once(*said: str) -> dict[str, str]:
    """The header by which the same said again is known. A header holds no Chinese, so what was said goes in as a name of it."""
    return {"Idempotency-Key": str(derived_id("command-line", *said))}


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """The problem document of a refusal; of what says none, its text."""
    try:
        found: dict[str, Any] = response.json()
    except ValueError:
        found = {"title": response.text[:200]}
    return found


def answer_of(response: httpx.Response) -> Any:
    """The body of an answer; a problem document becomes a sentence and exit code 1."""
    if response.is_success:
        return response.json()
    problem = problem_of(response)
    facts = {name: value for name, value in problem.items() if name not in ("type", "title", "status")}
    fail(f"{problem.get('title', '')}({response.status_code})" + (f" {json.dumps(facts, ensure_ascii=False)}" if facts else ""))
