"""What a client writes into a body never becomes a request of its own, however early a service answers without reading it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.gateway import SERVICES, Before

from deploy.embedded.home import Home

KB, MB = 1 << 10, 1 << 20
HIDDEN = b"\r\n\r\nGET /api/visits/hidden HTTP/1.1\r\nHost: x\r\n\r\n"
TRIES = 4
"""Which of the two comes first, the answer or the body, is a race: of a large body that is answered early, most tries show it."""


class Hasty(BaseHTTPRequestHandler):
    """Answers after as much of a body as the header X-Take says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        left = int(self.headers["X-Take"])
        while left and (block := self.rfile.read(min(left, 64 * KB))):
            left -= len(block)
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Hasty)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    made = Before(Home(tmp_path_factory.mktemp("home")), dict.fromkeys(SERVICES, f"127.0.0.1:{behind.server_address[1]}"))
    made.start()
    try:
        yield made.port
    finally:
        made.stop()
        behind.shutdown()
        behind.server_close()


def answers(port: int, head: str, body: bytes) -> list[bytes]:
    """The statuses a connection shows for one request until the gateway ends it or is silent."""
    got = bytearray()
    with socket.create_connection(("127.0.0.1", port)) as made:
        made.settimeout(0.5)

        def listen() -> None:
            with suppress(OSError):
                while block := made.recv(64 * KB):
                    got.extend(block)

        listening = threading.Thread(target=listen)
        listening.start()
        with suppress(OSError):  # The gateway may end it while the body is under way.
            made.sendall(head.encode() + body)
        listening.join()
    return re.findall(rb"HTTP/1\.1 (\d{3})", bytes(got))


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize("framed", ["by length", "in chunks"])
@pytest.mark.parametrize(
    ("path", "size", "taken"),
    [
        ("/api/issues/x", 100 * KB, 0),
        ("/api/issues/x", 3 * MB, 0),
        ("/api/issues/x", 3 * MB, 70 * KB),
        ("/api/issues/x", 30 * MB, 70 * KB),  # larger than the gateway takes
        ("/nowhere", 3 * MB, 0),
        ("/api/issues/readyz", 3 * MB, 0),
    ],
)
def test_a_body_never_becomes_a_request(gateway: int, method: str, framed: str, path: str, size: int, taken: int) -> None:
    body, length = (HIDDEN * (size // len(HIDDEN) + 1))[:size], f"Content-Length: {size}"
    if framed == "in chunks":
        length, body = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (size, body)
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Take: {taken}\r\n{length}\r\n\r\n"
    for _ in range(TRIES):
        assert len(answers(gateway, head, body)) <= 1
