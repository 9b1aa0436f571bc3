"""The garbage collector, as every process of ours has it.

What is made here seldom refers back to its owner, so counting references frees nearly all of it, and looking for cycles among
the millions of objects of a ledger or a register costs more than making them. So what is there at the start is never looked
at again, and what comes later seldom. Only the child that reads a stranger's file keeps the collector as it was: its memory
is bounded from outside (``shared/paper/foreign``).
"""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _OLD = 100_000, 50, 100


def seldom() -> None:
    """Once everything is imported and made: keep what there is, and look for cycles seldom from now on."""
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
