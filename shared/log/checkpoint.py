"""How far a log has been published, kept outside its database and outside its stream, signed by the service.

If both are put back or lost together, nothing in them tells; this does. And only a log that is shorter than it is restored from
a copy.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import orjson

from shared.log.signatures import Signatures


class CheckpointUnreadable(Exception):
    """A checkpoint that its service has not signed, or half of one."""

    def __init__(self, service: str) -> None:
        super().__init__(f"{service} 的检查点文件不完整,或签名不符。查明后执行 guiren restore --forget-checkpoint --apply")


class Checkpoint:
    """The last position known to have been published, with the leaf of the entry there."""

    def __init__(self, folder: Path, service: str, signatures: Signatures) -> None:
        self.path = folder / service / "checkpoint.json"
        self._service = service
        self._signatures = signatures

    @property
    def there(self) -> bool:
        """Whether there is one."""
        return self.path.exists()

    def read(self) -> tuple[int, bytes] | None:
        """Position and leaf; none if nothing was ever published, or somebody has forgotten it."""
        try:
            told: dict[str, Any] = orjson.loads(self.path.read_bytes())
            position, leaf, signature = told["position"], bytes.fromhex(told["leaf"]), bytes.fromhex(told["signature"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointUnreadable(self._service) from error
        if not self._signatures.signed(self._service, _said(position, leaf), signature):
            raise CheckpointUnreadable(self._service)
        return position, leaf

    def write(self, position: int, leaf: bytes) -> None:
        """Keep it, whole or not at all, on the disk."""
        signature = self._signatures.sign(self._service, _said(position, leaf))
        told = orjson.dumps({"position": position, "leaf": leaf.hex(), "signature": signature.hex()})
        scratch = self.path.with_suffix(".new")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("wb") as file:
            file.write(told)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.path)

    def forget(self) -> None:
        """An administrator knows that what it speaks of is nowhere any more."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


def _said(position: int, leaf: bytes) -> bytes:
    return b"checkpoint\0" + str(position).encode() + b"\0" + leaf
