"""Every operation whose body is a file, found in the documents, and how it is asked with what it requires and no more."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import httpx

from tests.contract.test_openapi import DOCUMENTS

_FILLED = {"id_": str(uuid4()), "year": "2027", "sha256": "0" * 64}
_ASKED = {"kind": "photo", "on": "2026-01-01"}


@dataclass(frozen=True, order=True)
class Upload:
    """One such operation. ``asked`` are the parameters of its query that a test gives it: unknown ones are refused."""

    service: str
    method: str
    path: str
    asked: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    async def send(self, client: httpx.AsyncClient, content: bytes) -> httpx.Response:
        """A file to an object that may not be there."""
        params = {name: _ASKED[name] for name in self.asked}
        return await client.request(self.method, self.path.format(**_FILLED), content=content, params=params)


UPLOADS = sorted(
    Upload(
        name,
        method,
        path,
        tuple(told["name"] for told in operation.get("parameters", ()) if told["in"] == "query" and told["name"] in _ASKED),
    )
    for name, made in DOCUMENTS.items()
    for path, methods in made["paths"].items()
    for method, operation in methods.items()
    if any(kind != "application/json" for kind in operation.get("requestBody", {}).get("content", {}))
)
