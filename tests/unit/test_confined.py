"""What a process has given up it can't get back, nor can its children; what it keeps works as before."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.log import confined
from shared.paper.foreign import child

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not confined.strength(), reason="this kernel has no Landlock")


def ran(code: str, *arguments: object) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.stdout.splitlines()


_CLOSED = """
import os, subprocess, sys, threading
from pathlib import Path
from shared.log import confined
place = Path(sys.argv[1])
confined.close([place / "secrets", place / "missing"], [place / "secrets" / "own"])

def tried(what):
    try:
        what()
    except PermissionError:
        return "refused"
    return "done"

def in_a_thread(what):
    said = []
    thread = threading.Thread(target=lambda: said.append(tried(what)))
    thread.start(); thread.join()
    return said[0]

other = place / "secrets" / "other"
print("read own", tried((place / "secrets" / "own").read_text))
print("read", tried(other.read_text))
print("in a thread", in_a_thread(other.read_text))
print("by a link", tried((place / "beside" / "link").read_text))
print("write", tried(lambda: other.write_text("mine")))
print("remove", tried(other.unlink))
print("move away", tried(lambda: other.rename(place / "beside" / "moved")))
print("make", tried(lambda: (place / "secrets" / "new").write_text("")))
print("beside", tried(lambda: (place / "beside" / "new").write_text("mine")))
print("undo", tried(lambda: (confined.close([place / "beside"]), other.read_text())))
print("by a child", "refused" if subprocess.run(["cat", str(other)], capture_output=True).returncode else "done")
print("memory of the parent", tried(lambda: open(f"/proc/{os.getppid()}/mem", "rb")))
"""


def test_a_closed_folder_is_out_of_reach_by_every_way(tmp_path: Path) -> None:
    for name in ("secrets", "beside"):
        (tmp_path / name).mkdir()
    (tmp_path / "secrets" / "own").write_text("1")
    (tmp_path / "secrets" / "other").write_text("2")
    (tmp_path / "beside" / "link").symlink_to(tmp_path / "secrets" / "other")
    said = dict(line.rsplit(" ", 1) for line in ran(_CLOSED, tmp_path))
    assert {what for what, outcome in said.items() if outcome == "done"} == {"read own", "beside"}
    assert len(said) == 12
    assert (tmp_path / "secrets" / "other").read_text() == "2"


def test_a_photo_is_read_where_no_secret_and_no_server_can_be_reached(tmp_path: Path) -> None:
    """The child as it is started for a file, with a reader that tries what a hole in a decoder would let somebody try."""
    (tmp_path / "vault-visits").write_text("a secret")
    server = socket.create_server(("127.0.0.1", 0))
    code = (
        "import sys, socket\nfrom pathlib import Path\nfrom shared.paper.foreign import child\n"
        "def attempts(file, options):\n"
        "    yield sorted(dict(__import__('os').environ))\n"
        "    for attempt in (lambda: Path(sys.argv[1]).read_text(), lambda: socket.create_connection(('127.0.0.1', int(sys.argv[2]))),\n"
        "                    lambda: Path('/etc/passwd').read_text(), lambda: Path('/proc/self/environ').read_bytes()):\n"
        "        try:\n            attempt(); yield 'done'\n        except PermissionError:\n            yield 'refused'\n"
        "child.READERS = {'attempts': attempts}\n"
        "child.main('attempts', '{\"memory\": 1073741824, \"processor\": 20}')\n"
    )
    out = ran(code, tmp_path / "vault-visits", server.getsockname()[1])
    server.close()
    assert out[1:] == ['"refused"'] * (4 if confined.strength() > 3 else 3) + ["null"]


def test_every_reader_works_shut_in() -> None:
    """A reader that would need a file of the system says so here, not at a desk."""
    assert set(child.READERS) == {"tables", "photo"}
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(picture, "JPEG")
    files: Mapping[str, tuple[bytes, dict[str, Any]]] = {
        "tables": ("名称,编号\n某公司,1\n".encode("gb18030"), {"name": "a.csv"}),
        "photo": (picture.getvalue(), {"media_type": "image/jpeg"}),
    }
    from shared.paper.foreign.reading import Reading

    for reader, (content, options) in files.items():
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            with Reading(file, reader, options) as reading:
                assert list(reading), hashlib.sha256(content).hexdigest()
