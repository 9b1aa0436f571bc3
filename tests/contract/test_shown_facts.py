"""What happened to a ticket is shown whole, but for personal data: each fact has its model, and the model every field."""

from __future__ import annotations

from types import UnionType
from typing import Any, get_args

import pytest

from services.issues.domain.ticket.facts import TicketFact
from services.issues.queries.timeline import TicketData
from shared.language.facts import Fact
from shared.language.personal import Personal


def facts(of: Any) -> list[type[Fact]]:
    return [fact for part in get_args(of) for fact in facts(part)] if isinstance(of, UnionType) else [of]


MODELS = {model.__name__: model for model in get_args(TicketData)}


def test_no_model_is_left_over() -> None:
    assert MODELS.keys() == {f"{fact.__name__}Data" for fact in facts(TicketFact)}


@pytest.mark.parametrize("fact", facts(TicketFact), ids=lambda fact: fact.__name__)
def test_a_fact_is_shown_whole_without_personal_data(fact: type[Fact]) -> None:
    open_ = {name for name, field in fact.model_fields.items() if Personal not in (field.annotation, *get_args(field.annotation))}
    shown = {name for name in MODELS[f"{fact.__name__}Data"].model_fields if not name.endswith("_label")}
    assert shown == open_
