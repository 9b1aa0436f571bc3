"""Nobody gets an account that people take for another's."""

from __future__ import annotations

from support.world import District

from shared.language.terms import Role

APPOINTED = {"name": "甄一", "unit": "T01", "role": "worker", "on": "2026-01-05"}


async def test_an_account_that_differs_in_capitals_only_is_refused(district: District) -> None:
    roster = await district.open()
    async with district.client(roster) as office:
        above = {"name": "七星关区", "kind": "district", "on": "2026-01-01"}
        await office.put(f"/units/{district.code}", json=above)
        township = {"name": "甲镇", "kind": "township", "parent": district.code, "on": "2026-01-01"}
        made = await office.put("/units/T01", json=township)
        assert made.status_code == 201, made.text
        await district.appoint("some.body", **APPOINTED)
        for twin in ("Some.Body", "SOME.BODY"):
            refused = await office.post(f"/members/{twin}/appoint", json={**APPOINTED, "name": "甄二"})
            assert (refused.status_code, refused.json()["type"]) == (409, "urn:guiren:problem:account-alike")
            assert refused.json()["account"] == "some.body"
        again = await office.post("/members/some.body/appoint", json={**APPOINTED, "role": "informant"})
        assert again.status_code in (200, 202), again.text
    async with district.alone(roster, Role.SECURITY_ADMIN, unit="office", account="security") as security:
        waits = await security.post("/members/Second/appoint", json={**APPOINTED, "name": "甄三", "role": "office"})
        assert waits.status_code == 202, waits.text
        refused = await security.post("/members/second/appoint", json={**APPOINTED, "name": "甄四", "role": "office"})
        assert refused.json()["type"].endswith("account-alike"), "one that is only proposed counts too"
