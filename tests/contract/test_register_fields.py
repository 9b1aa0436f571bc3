"""A register's text is public and stands in facts for ever: a number of a person's that is typed into one is hidden at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.roster import DISTRICT, credit, unit
from support.world import District

from services.roster.domain.correction import ProposeCorrection
from services.roster.domain.enterprise.commands import AmendEnterprise, RegisterEnterprise, TagEnterprise
from services.roster.domain.project import RegisterProject
from shared.language.facts import Command
from shared.language.traces import personal_number, without_numbers

NUMBERS = ("13911110001", "0857-8111000", "+86 139 1111 0001", "１３９１１１１０００１", "11010519491231002X")
SHORTEST = 11
NO_TEXT = ("code", "source", "batch", "unit", "sub_unit")
"""Checked against a form of their own, or written by the machine."""
WHOLE: dict[type[Command], dict[str, Any]] = {
    RegisterEnterprise: {"code": credit(1), "name": "甲商贸有限公司"},
    AmendEnterprise: {},
    RegisterProject: {"enterprise": str(uuid4()), "on": "2026-08-01"},
}


def fields() -> Iterator[tuple[type[Command], str]]:
    """Every text of the commands that write the register, long enough for a number; sealed ones aside."""
    for kind in WHOLE:
        schema = kind.model_json_schema()["properties"]
        for name, told in schema.items():
            options = told.get("anyOf", [told])
            texts = [option for option in options if option.get("type") == "string" and "format" not in option]
            sealed = "Personal" in str(kind.model_fields[name].annotation)
            if texts and not sealed and name not in NO_TEXT and texts[0].get("maxLength", SHORTEST) >= SHORTEST:
                yield kind, name


FIELDS = list(fields())


def test_the_fields_are_found() -> None:
    texts = {"name", "address", "business_address", "business", "registrar", "elsewhere"}
    assert (
        texts
        == {name for kind, name in FIELDS if kind is AmendEnterprise}
        == {name for kind, name in FIELDS if kind is RegisterEnterprise}
    )
    assert (RegisterProject, "name") in FIELDS


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=str)
def test_a_number_is_hidden(kind: type[Command], field: str, number: str) -> None:
    text = f"甲(乙 {number})丙"
    made = kind.model_validate({**WHOLE[kind], field: text})
    assert not personal_number(getattr(made, field))
    assert "〔号码〕" in getattr(made, field)
    plain = "七星关区麻园街道某路1号・附２楼"
    assert getattr(kind.model_validate({**WHOLE[kind], field: plain}), field) == plain, "what gives nothing away stays as typed"
    assert without_numbers(getattr(made, field)) == getattr(made, field)


def test_a_number_in_a_tag_a_correction_or_a_reason_of_placing_is_hidden() -> None:
    tag = TagEnterprise.model_validate({"tags": ["甲13911110001"]})
    changes = {"address": "某路13911110001"}
    asked = ProposeCorrection.model_validate({"enterprise": str(uuid4()), "changes": changes, "reason": "某"})
    placed = {"line": "horizontal", "unit": "T01", "reason": "见13911110001"}
    placing = RegisterEnterprise.model_validate({**WHOLE[RegisterEnterprise], "assignments": [placed]})
    said = (tag.tags[0], asked.changes.address, placing.assignments[0].reason)
    assert said == ("甲〔号码〕", "某路〔号码〕", "见〔号码〕")


async def test_no_route_of_the_register_keeps_one_in_clear(district: District) -> None:
    service = await district.open()
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    number = "13911110001"
    texts = {name: f"甲{number}丙" for kind, name in FIELDS if kind is RegisterEnterprise}
    code = credit(7)
    async with district.client() as office:
        made = await office.put(f"/enterprises/{code}", json={"code": code, **texts})
        assert made.status_code == 201, made.text
        id_ = UUID(made.json()["id"])
        again = await office.put(f"/enterprises/{code}", json={"code": code, **texts})
        assert (again.status_code, again.json()["replayed"]) == (200, True)
        version = {"If-Match": made.headers["ETag"]}
        other = dict.fromkeys(texts, f"乙{number}丁")
        amended = await office.post(f"/enterprises/{id_}/amend", json=other, headers={**version, "Idempotency-Key": str(uuid4())})
        assert amended.status_code == 200, amended.text
        wanted = {"enterprise": str(id_), "changes": dict.fromkeys(texts, f"戊{number}"), "reason": "核对登记资料"}
        proposed = await office.put(f"/corrections/{uuid4()}", json=wanted)
        assert proposed.status_code == 201, proposed.text
        shown = (await office.get(f"/enterprises/{id_}")).text
    assert number not in made.text + amended.text + proposed.text + shown
    bodies = await service.pool.fetch("select convert_from(body, 'UTF8') as body from log.entry")
    assert bodies
    assert not [row["body"] for row in bodies if number in row["body"]]
    views = await service.pool.fetch("select row_to_json(e)::text as told from view.enterprise e")
    views += await service.pool.fetch("select row_to_json(c)::text as told from view.correction c")
    assert len(views) == 2
    assert not [row["told"] for row in views if number in row["told"]]
