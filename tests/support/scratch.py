"""Where tests put down what they make: in memory where the machine has room for it.

Every test of the whole makes databases of its own; on a disk that others use too that is most of what such a test does
(1,100 ms a database against 45).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH = 6 << 30
"""Bytes: several workers, each with a PostgreSQL, streams, and homes of whole instances. A container's usual 64 MB are not."""


def scratch() -> None:
    """From now on temporary files of this process and of those it starts lie there."""
    if os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free >= _ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)
