"""The gateway's limit is the route's: a register goes through where nothing else of that size does, and it says how much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from support.gateway import SERVICES, Before

from deploy.embedded.home import Home
from services.roster.api.imports import LARGEST

MB = 1 << 20


class Counting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        while left and (block := self.rfile.read(min(left, MB))):
            left -= len(block)
        self.send_response(200 if not left else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[str]:
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    home = Home(tmp_path)
    made = Before(home, dict.fromkeys(SERVICES, f"127.0.0.1:{behind.server_address[1]}"))
    made.start()
    try:
        yield f"http://127.0.0.1:{made.port}"
    finally:
        made.stop()
        behind.shutdown()
        behind.server_close()


def test_a_register_goes_through_and_nothing_else_of_its_size(gateway: str) -> None:
    with httpx.Client(base_url=gateway, timeout=60, trust_env=False) as client:

        def sent(path: str, size: int) -> httpx.Response:
            return client.post(path, content=(b"x" * MB for _ in range(size // MB)), headers={"Content-Length": str(size)})

        assert sent("/api/roster/imports", 60 * MB).status_code == 200
        assert sent("/api/roster/imports", LARGEST).status_code == 200
        for path, size, limit in (
            ("/api/roster/imports", LARGEST + MB, "200 MB"),
            ("/api/issues/orders/import", 30 * MB, "25MB"),
        ):
            answer = sent(path, size)
            assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
            assert limit in answer.json()["title"]
