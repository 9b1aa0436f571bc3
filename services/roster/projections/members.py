"""Members and the posts they hold as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.roster.domain import member
from services.roster.projections.sealed import token
from shared.log.views import View


def _post(key: str, version: int, state: member.Member) -> Iterable[tuple[Any, ...]]:
    for number, held in enumerate(state.posts):
        yield (
            UUID(key),
            number,
            version,
            state.account,
            token(state.name),
            token(state.phone),
            held.unit,
            held.sub_unit,
            str(held.role),
            held.post,
            held.duty,
            held.document,
            held.since,
            held.until,
            held.acting_for,
        )


POSTS = View[member.Member](
    "post",
    {
        "member": "uuid",
        "number": "int",
        "ver": "int",
        "account": "text",
        "name": "jsonb",
        "phone": "jsonb",
        "unit": "text",
        "sub_unit": "text",
        "role": "text",
        "post": "text",
        "duty": "text",
        "document": "text",
        "since": "date",
        "until": "date",
        "acting_for": "text",
    },
    ("member", "number"),
    _post,
    "member",
    indexes=("(unit, role)", "(account)"),
)


def _proposal(key: str, _version: int, state: member.Member) -> Iterable[tuple[Any, ...]]:
    for item in state.proposals:
        yield (
            item.id,
            UUID(key),
            item.account,
            token(item.name),
            item.unit,
            item.sub_unit,
            str(item.role),
            item.post,
            item.duty,
            item.document,
            item.on,
            item.until,
            item.acting_for,
            item.by,
            item.by_head,
            item.proposed_on,
        )


PROPOSALS = View[member.Member](
    "member_proposal",
    {
        "id": "uuid",
        "member": "uuid",
        "account": "text",
        "name": "jsonb",
        "unit": "text",
        "sub_unit": "text",
        "role": "text",
        "post": "text",
        "duty": "text",
        "document": "text",
        "since": "date",
        "until": "date",
        "acting_for": "text",
        "by": "uuid",
        "by_head": "bool",
        "proposed_on": "date",
    },
    ("id",),
    _proposal,
    "member",
)

VIEWS = (POSTS, PROPOSALS)
