"""``python3 deploy/preflight.py``: whether the platform can run here, before anything is downloaded. Standard library only.

Says in one sentence what stands in the way and what helps, and ends with 1.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_OLDEST = (3, 11)
_FREE_BYTES = 2_000_000_000
_NOBODY = ("--reuid", "65534", "--regid", "65534", "--clear-groups")
_PASSING = (*_NOBODY, "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")


def obstacle(folder: Path) -> str:
    """What stands in the way in this checkout; empty if nothing does."""
    if sys.version_info < _OLDEST:
        return f"需要 Python 3.11 或更新,这里是 {platform.python_version()};用 make PYTHON=… 指定另一个"
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64") or platform.libc_ver()[0] != "glibc":
        return f"内置数据库只有 Linux(glibc,x86_64 或 aarch64)版,这里是 {sys.platform} {platform.machine()};请用容器运行(deploy/README.md)"
    if not shutil.which("uv") and not _runs(sys.executable, "-m", "pip", "--version"):
        return "缺少 pip;Debian 上执行 apt-get install python3-pip"
    if not shutil.which("setpriv"):
        return "缺少 setpriv;Debian 上执行 apt-get install util-linux"
    if not os.access(folder, os.W_OK):
        return f"没有 {folder} 的写权限;请换到自己的目录"
    if not (folder / ".venv").exists() and shutil.disk_usage(folder).free < _FREE_BYTES:
        return f"{folder} 所在磁盘的可用空间不足 2 GB"
    return _obstacle_for_root(folder) if os.geteuid() == 0 else ""


def _obstacle_for_root(folder: Path) -> str:
    """PostgreSQL refuses root and runs as another user, who must get to its programs and its data."""
    if not _runs("setpriv", *_NOBODY, "--", "true"):
        return "当前环境不允许 root 切换用户,而数据库不能以 root 运行;请改用普通用户"
    closed = [path for path in (folder, *folder.parents) if not path.stat().st_mode & 0o001]
    if closed and not _runs("setpriv", *_PASSING, "--", "true"):
        return f"当前环境没有 DAC_OVERRIDE 权能,数据库用户进不了 {closed[-1]};请改用普通用户,或换到所有用户可进入的目录(如 /srv)"
    place = Path("/var/lib/guiren")
    try:
        place.mkdir(mode=0o755, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place):
            pass
    except OSError as error:
        return f"数据库程序须放在 {place},但写不进去({error.strerror});请改用普通用户"
    return f"{place} 所在磁盘不允许运行程序(noexec);请改用普通用户" if os.statvfs(place).f_flag & os.ST_NOEXEC else ""


def _runs(*command: str) -> bool:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(obstacle(Path(__file__).absolute().parents[1]) or None)
