"""One instance for all end-to-end tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.e2e.instance import Instance


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Instance.named_or_new(tmp_path_factory.mktemp("instance") / "home", port)
    yield found
    found.close()
