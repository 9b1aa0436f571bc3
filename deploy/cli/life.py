"""``guiren up`` and ``guiren down``."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.outlet import FAILED, NOT_RUNNING, HomeOption, console, fail, own_home
from deploy.embedded.__main__ import run
from deploy.embedded.home import Home
from deploy.embedded.process import rotate
from deploy.embedded.programs import Tls

_STOP_SECONDS = 25


def up(
    home: HomeOption = None,
    port: Annotated[
        int | None, typer.Option(help="网关端口(仅本机);不填则沿用上次的,或从 8080 起取第一个空闲的", min=1, max=65535)
    ] = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="不载入演示数据")] = False,
    tls: Annotated[str | None, typer.Option("--tls", help="另以 TLS 对外服务,填本机域名或地址;未给证书时由网关自建 CA")] = None,
    tls_port: Annotated[int, typer.Option("--tls-port", help="TLS 端口", min=1, max=65535)] = 8443,
    certificate: Annotated[Path | None, typer.Option("--certificate", help="证书链(PEM)", exists=True, dir_okay=False)] = None,
    key: Annotated[Path | None, typer.Option("--key", help="证书私钥(PEM)", exists=True, dir_okay=False)] = None,
    detach: Annotated[bool, typer.Option("--detach", help="在后台运行,就绪后返回")] = False,
) -> None:
    """Start everything and stay, or come back when it is ready."""
    place = own_home(home)
    if (certificate is None) != (key is None) or (certificate and not tls):
        fail("证书与私钥须同时给出,并用 --tls 写明域名")
    secured = Tls(tls, tls_port, certificate and certificate.absolute(), key and key.absolute()) if tls else None
    if detach:
        _detached(place, port, demo=not no_demo, tls=secured)
    else:
        raise typer.Exit(run(place, port, demo=not no_demo, tls=secured))


def down(home: HomeOption = None) -> None:
    """Stop what runs in this folder."""
    place = own_home(home)
    if not place.running:
        fail(f"没有运行:{place.path}", NOT_RUNNING)
    pid = place.state.get("pid", 0)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while place.running:
        if time.monotonic() > deadline:
            fail(f"{_STOP_SECONDS} 秒内未能停止(进程 {pid})", FAILED)
        time.sleep(0.1)
    console.print("已停止")


def _detached(home: Home, port: int | None, *, demo: bool, tls: Tls | None) -> None:
    """Start the supervisor in the background and repeat what it says until it is ready."""
    if home.running:
        fail(f"已在运行:{home.state.get('address', home.path)}")
    home.make()
    log = home.logs / "guiren.log"
    rotate(log)
    command = [sys.executable, "-m", "deploy.embedded", "--home", str(home.path)]
    command += [] if port is None else ["--port", str(port)]
    command += [] if demo else ["--no-demo"]
    if tls:
        command += ["--tls", tls.name, "--tls-port", str(tls.port)]
        command += ["--certificate", str(tls.certificate), "--key", str(tls.key)] if tls.certificate else []
    with log.open("ab") as output:
        seen = output.tell()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
    phase = ""
    while phase not in ("ready", "degraded") and child.poll() is None:
        time.sleep(0.1)
        state = home.state
        phase = state.get("phase", "") if state.get("pid") == child.pid else ""
        seen = _repeat(home, seen)
    _repeat(home, seen)
    if phase != "ready":
        raise typer.Exit(child.returncode or FAILED)


def _repeat(home: Home, seen: int) -> int:
    with (home.logs / "guiren.log").open("rb") as file:
        file.seek(seen)
        news = file.read()
    sys.stdout.write(news.decode("utf-8", errors="replace"))
    sys.stdout.flush()
    return seen + len(news)
