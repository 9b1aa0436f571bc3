"""The views of publicity: plans, and what appeared where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson

from services.visits.domain.campaign import Planned, Running, State, There, Unplanned
from shared.events.visits import CampaignFileAdded, CampaignLaunched, CampaignPlanned, ChannelUsed, LinkChecked
from shared.log.views import View


def written(state: There) -> str:
    """A state as JSON."""
    kept: dict[str, Any] = {"told": state.told.model_dump(mode="json"), "running": isinstance(state, Running)}
    if isinstance(state, Running):
        kept["launch"] = state.launch.model_dump(mode="json") if state.launch else None
        kept["files"] = [item.model_dump(mode="json") for item in state.files]
        kept["log"] = [item.model_dump(mode="json") for item in state.log]
        kept["checks"] = [item.model_dump(mode="json") for item in state.checks]
    return orjson.dumps(kept).decode()


def read(text: str) -> There:
    """The state that ``written`` wrote."""
    kept: dict[str, Any] = orjson.loads(text)
    told = CampaignPlanned.model_validate(kept["told"])
    if not kept["running"]:
        return Planned(told)
    return Running(
        told,
        CampaignLaunched.model_validate(kept["launch"]) if kept["launch"] else None,
        tuple(CampaignFileAdded.model_validate(item) for item in kept["files"]),
        tuple(ChannelUsed.model_validate(item) for item in kept["log"]),
        tuple(LinkChecked.model_validate(item) for item in kept["checks"]),
    )


def _campaign(key: str, version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if not isinstance(state, Unplanned):
        told = state.told
        launched = state.launch.on if isinstance(state, Running) and state.launch else None
        yield (
            UUID(key),
            version,
            told.unit,
            told.line and str(told.line),
            told.title,
            told.starts,
            told.ends,
            str(state.stage),
            launched,
            written(state),
        )


def _uses(key: str, _version: int, state: State) -> Iterable[tuple[Any, ...]]:
    if isinstance(state, Running):
        alive = {item.no: item.alive for item in state.checks}
        for item in state.log:
            yield (
                UUID(key),
                item.no,
                state.told.unit,
                str(item.channel),
                item.on,
                f"{item.on:%Y-%m}",
                item.title,
                item.link,
                item.photo,
                item.reach,
                alive.get(item.no),
            )


CAMPAIGNS = View[State](
    "campaign",
    {
        "id": "uuid",
        "ver": "int",
        "unit": "text",
        "line": "text",
        "title": "text",
        "starts": "date",
        "ends": "date",
        "stage": "text",
        "launched_on": "date",
        "state": "jsonb",
    },
    ("id",),
    _campaign,
    "id",
    indexes=("(unit, starts)",),
)
CHANNELS = View[State](
    "channel_use",
    {
        "campaign": "uuid",
        "no": "int",
        "unit": "text",
        "channel": "text",
        "on_date": "date",
        "month": "text",
        "title": "text",
        "link": "text",
        "photo": "text",
        "reach": "bigint",
        "alive": "bool",
    },
    ("campaign", "no"),
    _uses,
    "campaign",
    indexes=("(month, unit)",),
)
