"""A small HTTP client: a general one would cost more time than the services it measures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


class Answered(Exception):
    """The answer was no success."""


@dataclass
class Wire:
    """One kept connection to one address."""

    host: str
    port: int
    token: str = ""
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, repr=False)

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[dict[str, str], bytes]:
        """One request. Answers headers and body; raises ``Answered`` on anything but a success."""
        reader, writer = self._streams = self._streams or await asyncio.open_connection(self.host, self.port, limit=1 << 26)
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        content = b""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                content += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        elif length := int(headers.get("content-length", 0)):
            content = await reader.readexactly(length)
        if not head[0].split()[1].startswith("2"):
            raise Answered(f"{method} {path}: {head[0]} {content[:400].decode(errors='replace')}")
        return headers, content

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
