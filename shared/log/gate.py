"""What stands before a log: whether commands may be written to it.

    open <--compared-- unchecked          the stream does not answer yet, and something was published before
    open, unchecked --differs--> shut     for good, until an administrator has restored and says so

No I/O: ``relay`` compares the log with its stream and tells the gate; the desk asks it, and tells it where it wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.language.problems import Unavailable


class LogFork(Unavailable):
    """The log is behind a copy of it or says otherwise: writing on would give positions a second meaning. It stays so until
    an administrator has compared and restored (``guiren restore``); reading goes on.
    """

    title = "事件日志与其副本不一致,已停止办理(仍可查询),请联系系统管理员"


class LogUnchecked(Unavailable):
    """The log could not be compared with its stream since the start, because the stream does not answer."""

    title = "事件日志尚未与消息流核对,暂不能办理,请稍后再试"


class LogLoading(Unavailable):
    """The demo's past is not all in the log, and what is has no views: nothing is decided on it, and nothing acts on it."""

    title = "演示数据还没有载入完,暂不能办理。若载入已中断,请重新启动平台(guiren down 后再 guiren up),会自动接着载入"


@dataclass
class Gate:
    """Open, unchecked or shut."""

    position: int = 0
    """The last position known to have been written: the log never stands before it."""
    unchecked: bool = False
    fork: str = ""
    """Why it is shut, in words for an administrator; nothing while it isn't."""

    def enter(self) -> None:
        """Let a command in, or refuse it."""
        if self.fork:
            raise LogFork(reason=self.fork)
        if self.unchecked:
            raise LogUnchecked

    def writing(self, first: int) -> None:
        """Refuse a position that was given out before: the log has lost its end. Asked inside the transaction."""
        self.enter()
        if first <= self.position:
            self.shut(behind(first - 1, self.position))
            self.enter()

    def wrote(self, position: int) -> None:
        """Something was committed up to here."""
        self.position = max(self.position, position)

    def shut(self, why: str) -> None:
        """Refuse everything from now on. The first reason stays."""
        self.fork = self.fork or why

    def open(self, position: int) -> None:
        """Log and copies agree up to here."""
        self.position, self.unchecked, self.fork = position, False, ""


def behind(here: int, known: int) -> str:
    """The log has lost its end."""
    return f"事件日志只到第 {here} 条,曾写到第 {known} 条。请先执行 guiren restore 查看缺什么,确认后加 --apply 恢复"


def forked(position: int) -> str:
    """The log says otherwise than a copy."""
    return f"事件日志与消息流在第 {position} 条不同:其中一份被改动过。请执行 guiren audit fsck 查明是哪一份"


def holed(position: int) -> str:
    """An entry in the middle is gone."""
    return f"事件日志缺少第 {position} 条。请执行 guiren audit fsck 查明"


def torn(stream: str, version: int, there: int) -> str:
    """A stream's entries are not all there."""
    return f"事件日志中 {stream} 应有 {version} 条,现有 {there} 条。请执行 guiren audit fsck 查明"
