"""R11: 行业、辖区内所有存续的企业."""

from __future__ import annotations

from datetime import date

import pytest
from support.net import enterprise, ok
from support.roster import credit
from support.world import District

from services.roster.domain.enterprise.decide import ENTERPRISE
from services.roster.domain.enterprise.states import Registered
from services.roster.domain.scope import in_scope, standing_on
from shared.events.roster import CustodyChanged, EnterpriseRegistered, StandingChanged
from shared.language.percent import percentage
from shared.language.terms import EnterpriseKind, Standing


def registered(standing: Standing = Standing.SURVIVING, *more: object) -> Registered:
    first = EnterpriseRegistered(code=credit(1), name="甲", kind=EnterpriseKind.LIMITED, standing=standing, on=date(2026, 1, 1))
    state = ENTERPRISE.fold([first, *more])  # type: ignore[list-item]
    assert isinstance(state, Registered)
    return state


@pytest.mark.parametrize("standing", list(Standing))
def test_the_eight_standings(standing: Standing) -> None:
    day = date(2026, 3, 1)
    assert in_scope(registered(standing), day) == (standing.label in ("存续", "在业", "迁入", "歇业"))
    assert in_scope(registered(Standing.SURVIVING, StandingChanged(standing=standing, on=date(2026, 3, 2))), day)
    assert not in_scope(registered(standing), date(2025, 12, 31))


def test_custody_takes_it_out_and_gives_it_back() -> None:
    state = registered(
        Standing.SURVIVING,
        CustodyChanged(managed_elsewhere=True, on=date(2026, 2, 1)),
        CustodyChanged(managed_elsewhere=False, on=date(2026, 4, 1)),
    )
    assert [in_scope(state, date(2026, month, 15)) for month in (1, 2, 3, 4)] == [True, False, False, True]
    assert standing_on(state, date(2026, 2, 2)) == Standing.SURVIVING


def test_a_share_is_whole_only_if_nothing_is_left() -> None:
    assert [percentage(*it) for it in ((1, 3), (29_999, 30_000), (1, 10**6), (3, 3), (0, 3), (0, 0))] == [
        "33.33",
        "99.99",
        "0.01",
        "100.00",
        "0.00",
        None,
    ]


async def test_the_scope_over_http_on_any_date(district: District) -> None:
    """scope predicate kpi.md as pure function with tests for 8 statuses"""
    await district.open()
    async with district.client() as client:
        ids = {item: await enterprise(client, n, standing=str(item)) for n, item in enumerate(Standing, 1)}
        listed = (await ok(await client.get("/enterprises?in_scope=true")))["items"]
        assert {item["id"] for item in listed} == {ids[item] for item in Standing if item.survives}
        id_ = ids[Standing.SURVIVING]
        await ok(await client.post(f"/enterprises/{id_}/change-standing", json={"standing": "revoked", "on": "2026-03-01"}))
        at = {
            on: (await ok(await client.get(f"/enterprises/{id_}?on={on}")))["as_of"]
            for on in ("2025-12-31", "2026-02-28", "2026-03-01")
        }
        assert [(one["standing"], one["in_scope"]) for one in at.values()] == [
            (None, False),
            ("surviving", True),
            ("revoked", False),
        ]
        before = await ok(await client.get("/enterprises?on=2026-02-28&standing=surviving"))
        assert [item["id"] for item in before["items"]] == [id_]
        assert (await ok(await client.get("/enterprises?on=2026-03-02&standing=surviving")))["total"] == 0
        again = await client.put(
            f"/enterprises/{credit(1)}",
            json={"code": credit(1), "name": "某某商贸有限公司1", "on": "2026-01-01", "standing": "surviving"},
        )
        assert again.headers["ETag"] == f'"{again.json()["version"]}"' == '"1"', "a repeat answers as it did"
        await ok(await client.post(f"/enterprises/{id_}/amend", json={"name": "新名"}, headers={"If-Match": '"2"'}))
        assert [i["id"] for i in (await ok(await client.get("/enterprises", params={"q": "商贸有限公司1"})))["items"]] == [id_]
