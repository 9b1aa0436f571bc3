"""The views of issues: each row is a pure function of a stream's state, written in the transaction of the fact."""

from __future__ import annotations

from typing import Any

from services.issues.domain.call import CALL
from services.issues.domain.duty import DUTY
from services.issues.domain.green import GREEN
from services.issues.domain.history import HISTORY
from services.issues.domain.omission import OMISSION
from services.issues.domain.order import ORDER
from services.issues.domain.parked import PARKED
from services.issues.domain.recheck import RECHECK
from services.issues.domain.ticket.decide import ISSUE
from services.issues.projections import disclosures, histories, hotline, omissions, rounds, tasks, tickets, words
from shared.language.decider import AnyDecider
from shared.log.views import View

DECIDERS: tuple[AnyDecider, ...] = (ISSUE, OMISSION, disclosures.DISCLOSURE, DUTY, CALL, ORDER, RECHECK, GREEN, HISTORY, PARKED)
VIEWS: dict[str, tuple[View[Any], ...]] = {
    "disclosure": (disclosures.DISCLOSURES,),
    "issue": (*tickets.VIEWS, *tasks.VIEWS, *words.VIEWS, rounds.ROUNDS),
    "omission": omissions.VIEWS,
    "duty": (hotline.DUTY_DAYS,),
    "call": (hotline.CALLS,),
    "order": (hotline.ORDERS,),
    "recheck": (rounds.RECHECKS,),
    "green": (rounds.CASES,),
    "history": (histories.HISTORIES,),
}
