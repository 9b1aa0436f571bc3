"""One process over all others: starts them in order, brings back what dies, stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

from deploy.embedded.home import FIRST_PORT, SERVICES, Home, NotPossibleError, default_home
from deploy.embedded.nats import Nats
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import NotStartedError, Process, answers
from deploy.embedded.programs import Gateway, Service, Tls, Vault, inside, service_environment
from deploy.install import Place, install, is_empty, is_loading, say_loading
from deploy.streams import administrators_bus, install_streams, prepare_streams
from shared.log.background import ended
from shared.log.bus import Bus, BusUnavailable
from shared.log.outages import in_words

Say = Callable[[str], None]

_LOOK_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 10
_STEADY_SECONDS = 30
_FIRST_TRIES = 5
_AUDIT_SECONDS = 3600
"""How often it is asked whether the night's audit is due; first after so long, when a start is over and done with."""
_STREAMS_SECONDS = 0.5
_LEAST_FREE_BYTES = 100_000_000
"""Less room than this on a disk is as good as none: PostgreSQL alone takes 16 MB at a time for its log."""
_REFUSAL_SECONDS = 10
"""How long a service may say no, once nobody else is on his way, before it is believed: a stream that is being filled again may
need a moment."""
_SIGN_INS = """\
  账号      office-head、office(区优化办)  chief(总网格长)  auditor(审计)  admin、security、audit-admin(三员,不见业务数据)
            <单位编码>-head  <单位编码>-deputy  <单位编码>-liaison  <单位编码>-worker1 …
  令牌      guiren token --as office-head{home}
  单位编码  {address}/api/roster/units?kind=township|department|branch|village
  状态      guiren status{home}      停止  Ctrl-C 或 guiren down{home}"""
_FIRST_STEP = """\
  平台是空的:还没有单位和账号
  初始化    guiren init --name 姓名 --security-name 姓名{home}        (建立本区、区优化办、账号 office-head 与 security、品牌与工作日历)
  状态      guiren status{home}      停止  Ctrl-C 或 guiren down{home}"""


class Supervisor:
    """Runs one instance until it is told to stop."""

    def __init__(self, home: Home, port: int | None, *, demo: bool, say: Say, tls: Tls | None = None) -> None:
        self._home = home
        self._asked_port = port
        self._port = port or FIRST_PORT
        self._demo = demo
        self._tls = tls
        self._say = say
        self._stop = asyncio.Event()
        self._watches: list[asyncio.Task[None]] = []
        self._postgres, self._nats = Postgres(home), Nats(home)
        self._bus: Bus | None = None
        self._refusing: dict[str, str] = {}
        self._coming: set[str] = set()
        """Which processes are on their way: neither ready nor refusing."""
        self._base: tuple[Process, ...] = (self._postgres, self._nats)
        self._services: tuple[Process, ...] = (Vault(home), *(Service(home, name) for name in SERVICES))
        self._gateway = Gateway(home, self._port, SERVICES, tls)

    @property
    def address(self) -> str:
        """Where people and programs find it."""
        return f"http://127.0.0.1:{self._port}"

    async def run(self) -> None:
        """Start everything, stay until SIGINT or SIGTERM, stop everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        if not self._home.seize():
            message = f"已在运行:{self._home.path}(guiren status 查看,guiren down 停止)"
            raise NotPossibleError(message)
        try:
            self._port = self._home.gateway_port(self._asked_port)
            self._gateway = Gateway(self._home, self._port, SERVICES, self._tls)
            self._home.remember(pid=os.getpid(), phase="starting", address=self.address)
            work = asyncio.create_task(self._start())
            stopped = asyncio.create_task(self._stop.wait())
            await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                await stopped
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
        finally:
            with contextlib.suppress(OSError):  # Whatever the disk says, everything is stopped.
                self._home.remember(phase="stopping")
            await self._end()
            with contextlib.suppress(OSError):
                self._home.remember(phase="stopped")
            self._home.release()

    async def _start(self) -> None:
        self._say("启动数据库与消息服务 …")
        await self._bring_up(self._base)
        place = Place("127.0.0.1", self._home.port("postgres"), self._postgres.admin_password)
        known = self._home.state.get("demo")
        loading = self._demo and known != "loaded"
        await install(place, self._home.passwords(), demo=loading)
        unfinished = known == "loading" or await is_loading(place)
        if unfinished:
            await say_loading(place)  # Before any service acts on a past that is not all there.
        elif loading:
            loading = await is_empty(place)
        self._bus = administrators_bus(self._nats.url, self._home.secrets, os.environ.get("GUIREN_DISTRICT", "520502"))
        await prepare_streams(place, self._bus)
        self._watches.append(asyncio.create_task(self._keep_streams(self._bus)))
        self._say("启动四个服务与网关 …")
        await self._bring_up((*self._services, self._gateway))
        self._home.remember(phase="loading")
        if loading and not self._refusing and await self._load_demo():
            await install(place, self._home.passwords(), demo=False)  # Its role's work is done.
            await asyncio.gather(*(self._await_ready(service) for service in self._services))
        elif loading or unfinished:
            self._refusing["demo"] = "演示数据未载入完"
        self._home.remember(phase="degraded" if self._refusing else "ready")
        self._say(f"\n{'已启动,上述服务须先处理' if self._refusing else '已就绪'}:{self.address}")
        if self._tls:
            self._say(f"TLS  https://{self._tls.name}:{self._tls.port}")
            if not self._tls.certificate:
                self._say(f"  自签根证书,请在各终端上设为受信任:{self._gateway.root}")
        self._watches.append(asyncio.create_task(self._audit()))
        if "demo" in self._refusing:
            self._say("演示数据未载入完,各服务暂不办理:guiren down 后再 guiren up(不加 --no-demo)会接着载入")
            return
        told = _FIRST_STEP if await is_empty(place) else _SIGN_INS
        here = "" if self._home.path == default_home() else f" --home {shlex.quote(str(self._home.path))}"
        self._say(told.format(address=self.address, home=here))

    async def _bring_up(self, processes: Sequence[Process]) -> None:
        for process in processes:
            process.spawn()
        self._watches += [asyncio.create_task(self._watch(process)) for process in processes]
        await asyncio.gather(*(self._await_ready(process) for process in processes))

    async def _await_ready(self, process: Process) -> None:
        """Until it is ready. A service that refuses, or does not come up, is told of; the others run on without it."""
        began, way = time.monotonic(), ""
        refused = began
        self._coming.add(process.name)
        while not (process.running and await asyncio.to_thread(process.started)):
            further = await asyncio.to_thread(process.way)
            refusal = "" if further else await asyncio.to_thread(process.refusal)
            if further and further != way:
                way, began = further, time.monotonic()
            (self._coming.discard if refusal else self._coming.add)(process.name)
            if not refusal or self._coming:  # What one lacks may come with another that is on its way.
                refused = time.monotonic()
            waited = time.monotonic() - began
            late = waited > process.start_seconds or process.starts > _FIRST_TRIES
            if late and process.essential:
                raise NotStartedError(process.complaint())
            if late or time.monotonic() - refused > _REFUSAL_SECONDS:
                self._refusing[process.name] = refusal or process.complaint()
                self._say(f"{process.name} 未就绪:{self._refusing[process.name]}")
                break
            await asyncio.sleep(_LOOK_SECONDS)
        self._coming.discard(process.name)

    async def _watch(self, process: Process) -> None:
        """Bring a process back whenever it dies: at once, then after longer and longer waits until it holds again."""
        wait = 0.0
        began = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if process.running and not await self._ailing(process):
                continue
            if time.monotonic() - began > _STEADY_SECONDS:
                wait = 0.0
            self._say(f"{process.name} 意外退出({process.ending}),{wait:.1f} 秒后重启(日志:{process.log})")
            await asyncio.sleep(wait)
            wait = min(max(wait * 2, 0.5), _LONGEST_WAIT_SECONDS)
            began = time.monotonic()
            try:
                process.spawn()
            except (OSError, NotStartedError) as error:
                self._say(f"{process.name} 未能重启:{in_words(error)}")

    async def _ailing(self, process: Process) -> bool:
        """Whether it has been running without doing its work for longer than it may; then it is ended."""
        if process.patience_seconds is None:
            return False
        began = time.monotonic()
        while process.running and not await asyncio.to_thread(process.ready):
            if time.monotonic() - began > process.patience_seconds:
                self._say(f"{process.name} 运行但不工作已 {process.patience_seconds:.0f} 秒,重新启动(日志:{process.log})")
                await asyncio.to_thread(process.stop, 5)
                return True
            await asyncio.sleep(1)
        await asyncio.sleep(1)
        return not process.running

    async def _keep_streams(self, bus: Bus) -> None:
        """Over every new connection look whether the streams are there still: NATS may have lost its disk."""
        seen = bus.connection
        while True:
            await asyncio.sleep(_STREAMS_SECONDS)
            if bus.connection == seen or not bus.connected:
                continue
            with contextlib.suppress(BusUnavailable):  # Away again: over the next connection then.
                now = bus.connection
                await install_streams(bus)
                seen = now

    async def _load_demo(self) -> bool:
        self._say("载入演示数据(仅第一次) …")
        self._home.remember(demo="loading")
        environment = {
            **self._environment(),
            "GUIREN_HOME": str(self._home.path),
            "GUIREN_ADDRESS": self.address,
            "GUIREN_DEMO_PASSWORD_FILE": str(self._home.secrets / "demo"),
            "GUIREN_VAULT_SECRET_FILE": str(self._home.secrets / "vault-demo"),
        }
        code = await _run("deploy.demo", environment=environment)
        if code == 0:
            self._home.remember(demo="loaded")
        else:
            self._say(f"演示数据未能载入完(退出码 {code})")
        return code == 0

    async def _audit(self) -> None:
        """Every night, in a process of its own. What it finds the services tell."""
        while True:
            await asyncio.sleep(_AUDIT_SECONDS)
            with contextlib.suppress(OSError):  # No process to be had now: in an hour then.
                if await _run("deploy.fsck", "--if-due", environment=self._environment()):
                    self._say("核对发现不符,或未能完成(guiren status 查看,guiren audit fsck 重做)")

    def _environment(self) -> dict[str, str]:
        secrets = self._home.secrets
        ours = {"GUIREN_SECRETS_DIR": str(secrets), "GUIREN_VAULT_SECRET_FILE": str(secrets / "vault-audit")}
        return {**os.environ, **service_environment(self._home, "roster"), **ours}

    async def _end(self) -> None:
        await ended(self._watches)
        if self._bus is not None:
            await self._bus.close()
        for group, seconds in (
            ((self._gateway,), 2.0),
            (tuple(reversed(self._services)), 6.0),
            (tuple(reversed(self._base)), 6.0),
        ):
            for process in group:
                process.ask_to_stop()
            await asyncio.gather(*(asyncio.to_thread(process.stop, seconds) for process in group))


async def _run(module: str, *arguments: str, environment: dict[str, str]) -> int:
    """Run one of our modules to its end; it ends with us. Answers its exit code."""
    child = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", module, *arguments, env=environment, start_new_session=True
    )
    try:
        return await child.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        raise


def present(home: Home) -> dict[str, Any]:
    """How the services say they are, at their inner listeners."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    found: dict[str, Any] = {}
    for name in SERVICES:
        try:
            with opener.open(f"{inside(home, name)}/readyz", timeout=5) as response:
                found[name] = json.loads(response.read())
        except urllib.error.HTTPError as refusal:
            found[name] = _read_refusal(refusal)
        except (OSError, ValueError) as error:
            found[name] = {"ready": False, "checks": {"process": {"ok": False, "error": in_words(error)}}}
    return found


def _read_refusal(refusal: urllib.error.HTTPError) -> dict[str, Any]:
    with refusal:
        try:
            body: dict[str, Any] = json.loads(refusal.read())
        except ValueError:
            body = {}
    if "ready" in body:
        return body
    return {"ready": False, "checks": {"http": {"ok": False, "status": refusal.code, "title": body.get("title", "")}}}


def status(home: Home) -> dict[str, Any]:
    """How this instance is: ready when every part of it is."""
    state = home.state
    address = state.get("address", "")
    running = home.running
    services: dict[str, Any] = {}
    if running:
        ports = state.get("ports", {})
        parts = {"postgres": Postgres(home).ready(), "nats": Nats(home).ready(), "gateway": answers(f"{address}/")}
        services = present(home)
        services["vault"] = _vaulted(home)
        services |= {
            name: {"ready": ready, "checks": {"port": {"ok": ready, "port": ports.get(name, _port_of(address))}}}
            for name, ready in parts.items()
        }
        services["disk"] = _disks(home)
    phase = state.get("phase", "stopped") if running else "stopped"
    started = phase in ("ready", "degraded")  # What refused at the start may have been mended since: the parts say how they are.
    ready = running and started and all(part["ready"] for part in services.values())
    degraded = sorted(name for name, part in services.items() if part["ready"] and part.get("degraded"))
    return {
        "ready": ready,
        "degraded": degraded,
        "phase": phase,
        "address": address,
        "home": str(home.path),
        "services": services,
    }


def _vaulted(home: Home) -> dict[str, Any]:
    """The vault, as it says itself."""
    found = Vault(home).checks()
    failing = [name for name, fact in found.items() if not fact["ok"]]
    return {"ready": bool(found), "degraded": failing, "checks": found or {"socket": {"ok": False, "error": "没有应答"}}}


def _disks(home: Home) -> dict[str, Any]:
    """What room is left where this instance writes; too little is not ready, and named."""
    checks: dict[str, Any] = {}
    for name, place in {"postgres": "postgres", "nats": "nats", "log": "log", "evidence": "evidence"}.items():
        folder = home.path / place
        free = shutil.disk_usage(folder if folder.exists() else home.path).free
        checks[name] = {"ok": free >= _LEAST_FREE_BYTES, "free_mb": free // 1_000_000}
        if free < _LEAST_FREE_BYTES:
            checks[name]["error"] = f"磁盘已满或将满:{folder} 只剩 {free // 1_000_000} MB"
    return {"ready": all(check["ok"] for check in checks.values()), "checks": checks}


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2] or 0)
