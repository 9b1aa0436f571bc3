"""Who took a token of whom on this machine: one JSON line each in the instance's folder, only ever added to.

Whoever reads the signing key can act as anybody (decision 46). So nobody gets a token from the command line without a line
that says as whom, for which command, and which user of the operating system it was.
"""

from __future__ import annotations

import json
import os
import pwd
from datetime import UTC, datetime
from pathlib import Path

FILE = "access.jsonl"


def note(home: Path, *, account: str, token: str, command: str) -> None:
    """Add a line, on the disk before this returns."""
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "account": account,
        "token": token,
        "command": command,
        "uid": os.getuid(),
        "user": _user(),
        "sudo": os.environ.get("SUDO_USER", ""),
    }
    handle = _opened(home)
    try:
        os.write(handle, json.dumps(line, ensure_ascii=False).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def _opened(home: Path) -> int:
    """The file, or one of his own for a user who may not write the other's: in a container who runs it is told to it."""
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        return os.open(home / FILE, how, 0o600)
    except PermissionError:
        return os.open(home / f"access-{os.getuid()}.jsonl", how, 0o600)


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # A container's user has a number only.
        return ""
