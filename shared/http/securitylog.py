"""Who came from where, what was refused, who read or took what, who was appointed: a log of its own, kept for years (decision 0052).

One file a service and day in the security folder, a JSON object a line, readable by its owner alone. Without a folder the lines
go where all lines go. What enterprises do without an account is not in it: whoever complains must not be found by his address.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import structlog
from starlette.types import Scope

from shared.http.throttle import Limiter
from shared.language.months import local_date
from shared.language.problems import TooMany
from shared.language.terms import Term
from shared.log.outages import in_words

log = structlog.get_logger()

_TOKENS = 20_000
"""Tokens remembered as seen; who comes again after as many others signs in again, which is no harm."""
_SHOWN = ("application/json", "application/problem+json", "text/html", "text/event-stream", "text/javascript", "text/css")
"""What is looked at. Everything else that is answered is a file, and was taken."""
_PEOPLE = ("/members/", "/tokens/")
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.[a-z]+\.jsonl")


class Kind(Term):
    """What a line tells of."""

    SIGN_IN = "sign-in", "登录"
    REFUSAL = "refusal", "拒绝"
    DISCLOSURE = "disclosure", "查看个人信息"
    ERASURE = "erasure", "删除个人信息"
    APPOINTMENT = "appointment", "任免"
    EXPORT = "export", "导出"
    READING = "reading", "查看安全日志"
    ALARM = "alarm", "告警"


def kind_of(name: str, method: str, route: str, status: int, media: str) -> Kind | None:
    """What an answered request was, as far as this log is concerned; most are nothing to it."""
    if status in (401, 403):
        return Kind.REFUSAL
    if name == "list_security_log":
        return Kind.READING
    if route.endswith("/unmask") or route.startswith("/lookups/") or route == "/subjects/find":
        return Kind.DISCLOSURE
    if method not in ("GET", "HEAD") and route.startswith("/subjects/"):
        return Kind.ERASURE
    if method not in ("GET", "HEAD") and route.startswith(_PEOPLE):
        return Kind.APPOINTMENT
    return Kind.EXPORT if 200 <= status < 300 and media and not media.startswith(_SHOWN) else None  # noqa: PLR2004


@dataclass
class SecurityLog:
    """That of one service."""

    service: str
    folder: Path | None
    days: int
    error: str = ""
    """Why the last line could not be kept; empty again once one was."""
    _file: tuple[date, int] | None = None
    _tokens: dict[str, None] = field(default_factory=dict[str, None])
    _strangers: Limiter = field(default_factory=lambda: Limiter(60, 30))
    _untold: int = 0

    def answered(self, scope: Scope, status: int, media: str) -> None:
        """A request was answered: tell of it, if it is of any concern here."""
        headers = dict(scope["headers"])
        token = headers.get(b"authorization", b"")
        caller = scope.get("caller")
        about = self._about(scope, status)
        if caller is not None and self._first(token):
            self.tell(Kind.SIGN_IN, **{**about, "outcome": "ok"})
        route = scope.get("route")
        found = kind_of(getattr(route, "name", ""), scope["method"], getattr(route, "path", ""), status, media)
        if found is Kind.REFUSAL and caller is None and token:
            found = Kind.SIGN_IN
        if found is None:
            return
        if found in (Kind.REFUSAL, Kind.SIGN_IN):
            try:  # A flood of refusals is told by its number.
                self._strangers.take(about["account"] or about["address"])
            except TooMany:
                self._untold += 1
                return
            about |= {"untold": self._untold} if self._untold else {}
            self._untold = 0
        self.tell(found, **about)

    def tell(self, kind: Kind, **about: Any) -> None:
        """One line. That it can't be kept stops nobody's work; readiness tells of it."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "service": self.service, "kind": str(kind), **about}
        if self.folder is None:
            log.info("security", **{name: value for name, value in line.items() if name != "at"})
            return
        try:
            os.write(self._today(self.folder), orjson.dumps(line) + b"\n")
            self.error = ""
        except OSError as error:
            self.error = f"安全日志无法写入:{in_words(error)}"
            log.error("security line lost", error=repr(error), kind=str(kind))

    def close(self) -> None:
        """Let go of today's file."""
        if self._file is not None:
            os.close(self._file[1])
            self._file = None

    def read(self, on: date, after: int, limit: int, **wanted: str | None) -> tuple[list[dict[str, Any]], int | None]:
        """Lines of a day from an offset, those with these values, and where to go on."""
        found: list[dict[str, Any]] = []
        with suppress(FileNotFoundError), self._path(self.folder or Path(), on).open("rb") as lines:
            lines.seek(after)
            for raw in iter(lines.readline, b""):
                with suppress(orjson.JSONDecodeError):  # A line that a crash cut off.
                    line = orjson.loads(raw)
                    if all(value is None or line.get(name) == value for name, value in wanted.items()):
                        found.append(line)
                if len(found) == limit:
                    return found, lines.tell()
        return found, None

    def _first(self, token: bytes) -> bool:
        known = sha256(token).hexdigest()
        if known in self._tokens:
            return False
        self._tokens[known] = None
        if len(self._tokens) > _TOKENS:
            del self._tokens[next(iter(self._tokens))]
        return True

    def _about(self, scope: Scope, status: int) -> dict[str, Any]:
        caller = scope.get("caller")
        client = scope.get("client")
        outcome = scope.get("problem") or ("ok" if status < 400 else str(status))  # noqa: PLR2004
        return {
            "outcome": outcome,
            "status": status,
            "account": caller.account if caller else "",
            "member": str(caller.id) if caller else "",
            "roles": sorted(str(role) for role in caller.roles) if caller else [],
            "address": client[0] if client else "",
            "method": scope["method"],
            "object": scope["path"][:300],
        }

    def _path(self, folder: Path, on: date) -> Path:
        return folder / f"{on.isoformat()}.{self.service}.jsonl"

    def _today(self, folder: Path) -> int:
        today = local_date(datetime.now(UTC))
        if self._file is not None and self._file[0] == today:
            return self._file[1]
        self.close()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = today, os.open(self._path(folder, today), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._forget(folder, today - timedelta(days=self.days))
        return self._file[1]

    def _forget(self, folder: Path, before: date) -> None:
        for path in folder.glob(f"*.{self.service}.jsonl"):
            named = _NAME.fullmatch(path.name)
            if named and named[1] < before.isoformat():
                path.unlink(missing_ok=True)
