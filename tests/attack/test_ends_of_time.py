"""Days, months and instants at the ends of time, in every question of every service: an answer or a refusal, never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from support.applications import SERVICES, application
from support.world import District

from shared.language.terms import Role

ENDS = {
    "date-time": (
        "9999-12-31T23:59:59.999999+00:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00-14:00",
        "0001-01-01T00:00:00Z",
        "2024-02-29T23:59:60Z",
    ),
    "date": ("0001-01-01", "9999-12-31", "2026-02-29", "0000-01-01"),
    "month": ("0001-01", "9999-12", "2026-13", "0000-00"),
    "integer": ("0", "1", "-1", "9999", "10000", "99999999999999999999"),
}
ASKING = (Role.OFFICE, Role.OFFICE_HEAD, Role.AUDITOR, Role.HOTLINE, Role.AUDIT_ADMIN, Role.CALLER_BACK)
SAID: dict[str, Any] = {"month": "2026-09", "year": "2026", "on": "2026-09-14", "date": "2026-09-14", "days": "5", "unit": "T01"}


def kind_of(parameter: dict[str, Any]) -> str:
    said = str(parameter["schema"])
    for kind in ("date-time", "date"):
        if f"'format': '{kind}'" in said:
            return kind
    if parameter["name"] in ("month", "until", "since", "from", "to"):
        return "month"
    return "integer" if "'integer'" in said and parameter["in"] == "path" else "month" if parameter["name"] == "year" else ""


def value(parameter: dict[str, Any]) -> str:
    said = str(parameter["schema"])
    if "'format': 'uuid'" in said:
        return str(UUID(int=7))
    if "'format': 'date-time'" in said:
        return "2026-09-14T10:00:00+08:00"
    return str(SAID.get(parameter["name"], "1"))


def questions(name: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Every GET with one of its times at an end, all else that it needs as usual; and the words that stand in its path."""
    for path, methods in application(name).openapi()["paths"].items():
        if "get" not in methods or path == "/live":
            continue
        parameters = methods["get"].get("parameters", ())
        usual = {p["name"]: value(p) for p in parameters if p["in"] == "path" or p.get("required")}
        for parameter in parameters:
            for end in ENDS.get(kind_of(parameter), ()):
                told = {**usual, parameter["name"]: end}
                places = {p["name"]: told.pop(p["name"]) for p in parameters if p["in"] == "path"}
                yield path.format(**places), {k: v for k, v in told.items() if v}, f"{path} {parameter['name']}={end}"


def test_there_are_times_to_ask_for() -> None:
    assert all(len(list(questions(name))) > 30 for name in SERVICES)


@pytest.mark.parametrize("name", SERVICES)
async def test_the_ends_of_time_are_answered_or_refused(district: District, name: str) -> None:
    if name != "roster":
        await district.open("roster")
    service = await district.open(name)
    faults: list[str] = []
    for path, query, label in questions(name):
        for role in ASKING:
            async with district.client(service, role, unit="office") as client:
                answer = await client.get(path, params=query)
            if answer.status_code >= 500:
                faults.append(f"{label}: {answer.status_code} {answer.text[:120]}")
            if answer.status_code != 403:
                break
    assert not faults, "\n".join(faults)
