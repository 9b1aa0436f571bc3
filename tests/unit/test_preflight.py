"""What can't work is said in one sentence, before anything is downloaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OUTSIDE = str(Path(sys.base_prefix) / "bin/python3")
"""The interpreter that makes the environment; ours has no pip."""
SCRIPT = ROOT / "deploy/preflight.py"


def preflight(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OUTSIDE, str(SCRIPT)], env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_where_nothing_is_missing_it_says_nothing() -> None:
    done = preflight()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_missing_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    done = preflight(PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "缺少 setpriv;Debian 上执行 apt-get install util-linux\n"


def test_it_is_asked_before_the_first_download() -> None:
    recipe = (ROOT / "Makefile").read_text().split("\nfilled:")[1]
    assert recipe.index("deploy/preflight.py") < recipe.index("pip install")
