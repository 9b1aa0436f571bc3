"""One structured line per event on standard output, and that telling of a thing never makes it worse."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TextIO

import structlog


class Lines:
    """Writes lines to a stream for structlog. What can't be written (a full disk, a closed pipe, a character the stream has no
    byte for) is lost and counted: whoever logs does so while something else goes on, often while something is wrong already.
    """

    lost = 0

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def msg(self, message: str) -> None:
        """One line."""
        try:
            self._stream.write(message + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            Lines.lost += 1

    log = debug = info = warning = warn = error = critical = exception = fatal = failure = msg


def logging_to(form: str, stream: TextIO | None = None) -> None:
    """Set up what is logged and how: ``json`` for machines, anything else for eyes."""
    logging.raiseExceptions = False  # The standard library's own handlers likewise: they would complain to a full disk.
    logging.getLogger("uvicorn.access").disabled = True
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_arguments: Lines(stream),
    )


def say(text: str) -> None:
    """A line for whoever started a program by hand; that nobody can read it is no reason to stop."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
