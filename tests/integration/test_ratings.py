"""K7: how an enterprise rated a visit is anonymous to the unit that came, on every way there is to read it (kpi §5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fuzz import application
from support.scene import Scene, a_scene
from support.world import District

from services.visits.domain.visit.commands import ConfirmVisit
from services.visits.domain.visit.decide import VISIT, KnownVisit
from shared.language.anonymity import FEWEST, cells
from shared.language.decider import Actor
from shared.language.ids import new_id
from shared.language.terms import Rating, Role, derived_id

UNIT_ROLES = (Role.HEAD, Role.DEPUTY, Role.WORKER, Role.LIAISON, Role.BACKUP_LIAISON, Role.INFORMANT, Role.SUPERVISOR)
LINK = Actor(derived_id("link", "1"), "link", frozenset({Role.SYSTEM}))
SAID = [Rating.VERY_SATISFIED] * FEWEST + [Rating.VERY_DISSATISFIED]


async def rated(scene: Scene) -> tuple[list[str], str]:
    """Six visits of T01 that their enterprises rated, and one by questionnaire with its own rating."""
    made: list[str] = []
    for number, rating in enumerate(SAID, 1):
        visit = str(await scene.visit(number, satisfaction="3"))
        await scene.visits.desk.handle(
            VISIT, visit, ConfirmVisit(rating=rating), await scene.visits.context(LINK, visit, KnownVisit()), command_id=new_id()
        )
        made.append(visit)
    more = {"mode": "questionnaire", "asked_required": 5, "answered_required": 5, "ack": "scan", "satisfaction": "2"}
    return made, str(await scene.visit(7, **more))


def leaves(found: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of an answer, with where it stands."""
    if isinstance(found, dict):
        yield path, found
        for key, value in found.items():
            yield from leaves(value, f"{path}/{key}")
    elif isinstance(found, list):
        for value in found:
            yield from leaves(value, path)


def reads(app: Any, ids: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every way to read, with what it asks for."""
    known = {"month": "2026-09", "unit": "T01", "worker": "T01-worker1", "on": "2026-09-15"}
    for path, operations in app.openapi()["paths"].items():
        if "get" not in operations or path.endswith("/evidence/{sha256}"):
            continue
        named = [item for item in operations["get"].get("parameters", []) if item["in"] == "query"]
        needed = {item["name"]: known[item["name"]] for item in named if item.get("required") and item["name"] in known}
        wide = needed | {item["name"]: known[item["name"]] for item in named if item["name"] in ("month", "unit")}
        for id_ in set(ids.values()) if "{" in path else [""]:
            for query in (needed, wide):
                yield path.replace("{id_}", id_).replace("{id}", id_), query


async def test_no_unit_sees_how_a_visit_was_rated_on_any_way(district: District) -> None:
    async with a_scene(district, 7) as scene:
        made, questionnaire = await rated(scene)
        app = application(scene.visits)
        ids = {"good": made[0], "bad": made[-1], "asked": questionnaire, "enterprise": scene.enterprises[6]}
        answered = 0
        for role in UNIT_ROLES:
            async with scene.who(f"T01-{role}", role, "T01") as client:
                for path, query in reads(app, ids):
                    if path == "/terms":  # What the words are called: of no visit.
                        continue
                    answer = await client.get(path, params=query)
                    if answer.status_code != 200 or "json" not in answer.headers["content-type"]:
                        continue
                    answered += 1
                    for place, item in leaves(answer.json()):
                        if "n" in item and "rating" in item:
                            assert item["n"] is None or item["n"] >= FEWEST, (role, path, item)
                        else:
                            assert item.get("rating") is None, (role, path, place)
                        if item.get("mode") == "questionnaire":
                            assert item.get("satisfaction") is None, (role, path, place)
        assert answered > 7 * len(UNIT_ROLES)


async def test_a_unit_sees_cells_of_five_and_the_office_sees_all(district: District) -> None:
    async with a_scene(district, 7) as scene:
        made, questionnaire = await rated(scene)
        async with scene.who("T01-head") as head, scene.who("office") as office, scene.who("T01-worker1") as worker:
            shown = (await head.get("/feedback/ratings", params={"month": "2026-09"})).json()
            assert (shown["items"], shown["total"]) == ([], None)
            assert {item["rating"]: item["n"] for item in shown["counts"]} == {"5": 5, "4": None, "3": None, "2": None, "1": None}
            whole = (await head.get("/feedback/ratings")).json()
            assert whole == shown, "a unit asks of one month: all months less one would be the others' hidden cells"
            every = (await office.get("/feedback/ratings", params={"unit": "T01"})).json()
            assert (every["total"], {item["visit"] for item in every["items"]}) == (6, set(made))
            assert {item["rating"]: item["n"] for item in every["counts"]} == {"5": 5, "4": 0, "3": 0, "2": 0, "1": 1}
            assert (await worker.get(f"/visits/{made[-1]}")).json()["confirmed"]["rating"] is None
            assert (await office.get(f"/visits/{made[-1]}")).json()["confirmed"]["rating"] == "1"
            # What a visitor noted himself stays readable; what the enterprise answered by itself is not.
            assert (await worker.get(f"/visits/{made[0]}")).json()["satisfaction"] == "3"
            assert (await office.get(f"/visits/{questionnaire}")).json()["satisfaction"] == "2"


async def test_a_correction_loses_no_rating_that_its_teller_may_not_see(district: District) -> None:
    async with a_scene(district, 7) as scene:
        _, questionnaire = await rated(scene)
        async with scene.who("T01-worker1") as worker, scene.who("office") as office:
            seen = await worker.get(f"/visits/{questionnaire}")
            body = {
                "on": "2026-09-14",
                "mode": "questionnaire",
                "asked_required": 5,
                "answered_required": 5,
                "ack": "scan",
                "note": "订单充足,用工稳定,生产经营正常",
            }
            fixed = await worker.post(f"/visits/{questionnaire}/correct", json=body, headers={"If-Match": seen.headers["ETag"]})
            assert fixed.status_code == 200, fixed.text
            assert fixed.json()["satisfaction"] is None
            assert (await office.get(f"/visits/{questionnaire}")).json()["satisfaction"] == "2"


@given(st.dictionaries(st.sampled_from(list(Rating)), st.integers(0, 12)))
def test_nothing_hidden_follows_from_what_is_shown(counts: dict[Rating, int]) -> None:
    shown, total = cells(counts)
    assert all(n is None or n >= FEWEST for n in shown.values())
    hidden = [counts.get(rating, 0) for rating, n in shown.items() if n is None]
    if total is not None:
        assert total == sum(counts.values())
        assert len(hidden) != 1
        assert sum(hidden) == 0 or sum(hidden) >= FEWEST


@pytest.mark.parametrize("role", [Role.OFFICE, Role.INSPECTOR, Role.CHIEF, Role.AUDITOR])
async def test_the_district_readers_of_another_house_go_on_reading(district: District, role: Role) -> None:
    async with a_scene(district, 7) as scene:
        await rated(scene)
        async with scene.who(f"some-{role}", role, "OFFICE") as reader:
            assert (await reader.get("/feedback/ratings")).json()["total"] == len(SAID)
