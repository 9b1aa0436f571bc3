"""Who asks and what is there, for tests that ask every operation."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx

from shared.http.service import Service
from shared.language.terms import Role, derived_id
from support.enterprises import DEVICE, opened
from support.fuzz import Known
from support.roster import credit
from support.scene import NOW, PEOPLE, UNITS
from support.world import District

SPACE = UUID("5205020a-0811-5021-8000-00000000f022")


def somebody(district: District, app: Any, account: str, members: dict[str, UUID]) -> httpx.AsyncClient:
    unit, role = PEOPLE.get(account, ("", "admin"))
    subject = str(members.get(account, derived_id("member", account)))
    token = district.token(Role(role), unit=unit, account=account, sub=subject)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://guiren",
        timeout=60,
        headers=DEVICE if account == "nobody" else {"Authorization": f"Bearer {token}"},
    )


def ids(collection: str, *real: str) -> list[str]:
    return [*(str(uuid5(SPACE, f"{collection}{n}")) for n in range(2)), *real]


async def tickets_of(scene: Any, issues: Service) -> list[str]:
    """Tickets that wait: to be accepted, dispatched, signed, worked on, reviewed, and called back about."""
    issues.clock = lambda: NOW
    leader = str(scene.members["T01-head"])
    order = {"unit": "T01", "leader": leader, "measures": "现场勘察后清淤", "due": "standard"}
    steps = (
        ("T01-liaison", "accept", {}),
        ("T01-head", "dispatch", order),
        ("T01-worker1", "sign", {}),
        ("T01-worker1", "resolve", {"outcome": "solved", "result": "已清淤", "reply": "路面恢复通行。"}),
        ("T01-deputy", "approve", {}),
    )
    made: list[str] = []
    for count in range(len(steps) + 1):
        made.append(str(uuid4()))
        body = {
            "enterprise": next(iter(scene.enterprises.values())),
            "source": "in_person",
            "content": "厂区门口道路积水",
            "nature": "help",
        }
        told = [("T01-worker1", "PUT", f"/issues/{made[-1]}", body)]
        told += [(account, "POST", f"/issues/{made[-1]}/{verb}", said) for account, verb, said in steps[:count]]
        for account, method, path, said in told:
            unit, role = PEOPLE[account]
            subject = str(scene.members[account])
            client = scene.district.client(issues, role, unit=unit, account=account)
            client.headers["Authorization"] = "Bearer " + scene.district.token(
                Role(role), unit=unit, account=account, sub=subject
            )
            async with client:
                answer = await client.request(method, path, json=said)
            assert answer.is_success, f"{method} {path}: {answer.text}"
    return made


async def known_of(scene: Any) -> Known:
    """What is there in the small district."""
    visit = str(await scene.visit(1))
    collections = {
        name: ids(name)
        for name in (
            "links",
            "questionnaires",
            "polls",
            "surveys",
            "campaigns",
            "materials",
            "consultations",
            "distributions",
            "projects",
            "deliveries",
            "policies",
            "censuses",
            "handovers",
            "tasks",
            "guidances",
            "documents",
            "issues",
            "rows",
            "moves",
        )
    }
    enterprises = [str(id_) for id_ in scene.enterprises.values()]
    collections |= {"visits": ids("visits", visit), "enterprises": enterprises}
    tokens = ["unknown-token"]
    async with scene.who("office") as office:
        content = {"purpose": "general", "enterprise": enterprises[0], "days": 90}
        made = await office.put(f"/links/{ids('own-link')[0]}", json=content)
        assert made.status_code == 201, made.text
    tokens = [await opened(scene.district, scene.visits, made.json()["path"]), *tokens]
    return Known(
        members=[str(id_) for id_ in scene.members.values()],
        accounts=list(PEOPLE),
        enterprises=enterprises,
        units=[code for code, _, _ in UNITS],
        codes=[credit(1), credit(2), credit(9)],
        collections=collections,
        tokens=tokens,
    )
