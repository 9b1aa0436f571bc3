"""Which instants may be recorded: a clock that has jumped ahead is not believed.

Recorded times never go back (``log._append`` takes the newest and a microsecond more at the least), so one append under a clock
that is ahead would pin every later one to it. PostgreSQL's clock says when a thing was recorded. It is believed as far as others
bear it out: the service's own clock, which may be another machine's; the time that has run since it was last believed, by the
clock that counts from the machine's start and that nobody can set; and at a start, when there is no such time, the newest
recorded instant: a platform is not silent for longer than ``silence_days``. What was recorded already is not asked again.

No I/O. The desk asks inside the transaction, where the instant is known and nothing is committed yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.language.problems import Unavailable

_SECOND = 1_000_000
_TOLERANCE = 60 * _SECOND
"""Microseconds that two clocks may be apart, or one may be set forward at once."""
_DAY = 86_400 * _SECOND


class ClockAhead(Unavailable):
    """The clock is further ahead than is plausible; what was recorded under it could never be followed by the right time. Set it
    right, or, where it is right (a machine that slept), start the service again.
    """

    title = "系统时钟异常超前,已停止办理(仍可查询),请联系系统管理员校时"


@dataclass
class Instants:
    """What one service believes of the time. All in microseconds, the clocks since 1970 and since the machine's start."""

    silence_days: int = 92
    wall: Callable[[], int] = lambda: time.time_ns() // 1_000
    steady: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000
    _newest: int = 0
    _believed: tuple[int, int] | None = None
    """The clock when it was last believed, and the steady clock then."""

    def begin(self, now: int, newest: int) -> None:
        """At the start, and when a log was restored: what PostgreSQL's clock says, and the newest instant recorded."""
        self._newest, self._believed = newest, None
        self.doubt(now)

    def doubt(self, now: int) -> str:
        """Why this instant of PostgreSQL's clock is not plausible, in words for an administrator; nothing if it is."""
        own, steady = self.wall(), self.steady()
        if now <= self._newest + _SECOND:
            return ""
        if now > own + _TOLERANCE:
            return f"数据库时钟比本服务所在机器快 {_span(now - own)}"
        if self._believed is None:
            if self._newest and now - self._newest > self.silence_days * _DAY:
                limit = f"超过 {self.silence_days} 天,若时钟无误,请调大 GUIREN_LONGEST_SILENCE_DAYS 后重启"
                return f"时钟比最近一条记录晚 {_span(now - self._newest)},{limit}"
        elif (step := now - self._believed[0] - (steady - self._believed[1])) > _TOLERANCE:
            return f"时钟在运行中向前跳了 {_span(step)},若时钟无误,请重启本服务"
        self._believed = (min(now, own), steady)
        return ""

    def admit(self, recorded: int) -> None:
        """Refuse to record at an instant that is not plausible."""
        if why := self.doubt(recorded):
            raise ClockAhead(reason=why)
        self._newest = max(self._newest, recorded)


def _span(microseconds: int) -> str:
    return f"{microseconds / _DAY:.0f} 天" if microseconds >= 2 * _DAY else f"{microseconds // _SECOND} 秒"
