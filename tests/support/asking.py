"""Who asks and what is there, for tests that ask every operation."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import httpx

from shared.terms import Role, derived_id
from support.enterprises import DEVICE, opened
from support.fuzz import Known
from support.roster import credit
from support.scene import PEOPLE, UNITS
from support.world import District

SPACE = UUID("5205020a-0811-5021-8000-00000000f022")


def somebody(district: District, app: Any, account: str, members: dict[str, UUID]) -> httpx.AsyncClient:
    unit, role = PEOPLE.get(account, ("", "admin"))
    subject = str(members.get(account, derived_id("member", account)))
    token = district.token(Role(role), unit=unit, account=account, sub=subject)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://guiren", timeout=60,
        headers=DEVICE if account == "nobody" else {"Authorization": f"Bearer {token}"},
    )  # fmt: skip


def ids(collection: str, *real: str) -> list[str]:
    return [*(str(uuid5(SPACE, f"{collection}{n}")) for n in range(2)), *real]


async def known_of(scene: Any) -> Known:
    """What is there in the small district."""
    visit = str(await scene.visit(1))
    collections = {name: ids(name) for name in (
        "links", "questionnaires", "polls", "surveys", "campaigns", "materials", "consultations", "distributions", "projects",
        "deliveries", "policies", "censuses", "handovers", "tasks", "guidances", "documents", "issues", "rows", "moves",
    )}  # fmt: skip
    enterprises = [str(id_) for id_ in scene.enterprises.values()]
    collections |= {"visits": ids("visits", visit), "enterprises": enterprises}
    tokens = ["unknown-token"]
    async with scene.who("office") as office:
        content = {"purpose": "general", "enterprise": enterprises[0], "days": 90}
        made = await office.put(f"/links/{ids('own-link')[0]}", json=content)
        assert made.status_code == 201, made.text
    tokens = [await opened(scene.district, scene.visits, made.json()["path"]), *tokens]
    return Known(
        members=[str(id_) for id_ in scene.members.values()], accounts=list(PEOPLE), enterprises=enterprises,
        units=[code for code, _, _ in UNITS], codes=[credit(1), credit(2), credit(9)], collections=collections, tokens=tokens,
    )  # fmt: skip
