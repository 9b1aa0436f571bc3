"""Erasing a person: it takes two, it takes the person and not the seat, and it finds a number wherever it was typed."""

from __future__ import annotations

from typing import Any

import pytest
from support.desk import a_desk
from support.net import enterprise, ok, the_net
from support.roster import credit
from support.samples import sample
from support.streams import level
from support.world import District

from deploy.indexing import index
from deploy.keys import SERVICES
from shared.http.service import Service
from shared.language.facts import CATALOGUE, Fact
from shared.language.freetext import mapped, subject_of, texts, to_seal
from shared.language.personal import ERASED, mask, personals
from shared.language.persons import also_found, persons, seat
from shared.language.phones import same
from shared.language.terms import Role, derived_id

OLD, NEW = "19900004321", "19900008765"
WHY = {"reason": "本人要求删除"}
TYPES = sorted(type_ for type_, fact in CATALOGUE.items() if list(texts(sample(fact))))


async def asked_for(client: Any, subject: str) -> str:
    """Ask, and nobody confirms yet."""
    answer = await client.post(f"/subjects/{subject}/erase", json=WHY)
    assert (answer.status_code, answer.json()["erased"]) == (202, False), answer.text
    return answer.json()["proposal"]


async def test_one_person_erases_nobody(district: District) -> None:
    roster = await district.open()
    async with district.client(roster) as office:
        await the_net(office)
        id_ = await enterprise(office, 1, contact="张某某", phone=OLD)
    subject = str(derived_id("contact", id_))
    async with district.alone(roster, Role.OFFICE_HEAD, account="head") as head:
        proposal = await asked_for(head, subject)
        assert await asked_for(head, subject) == proposal, "said twice it is one"
        assert (await head.post(f"/subjects/{subject}/confirm", json={"proposal": proposal})).status_code == 403
        assert (await ok(await head.get("/erasures")))["items"][0]["by"] == str(derived_id("member", "head"))
        assert (await ok(await head.get(f"/enterprises/{id_}")))["phone"] == mask(OLD)
    for role in Role:
        if role in (Role.SYSTEM, Role.OFFICE_HEAD, Role.SECURITY_ADMIN):
            continue
        async with district.alone(roster, role, unit="T01", account="stranger") as stranger:
            for verb, body in (
                ("erase", WHY),
                ("confirm", {"proposal": proposal}),
                ("reject", {"proposal": proposal, "reason": "不同意"}),
            ):
                assert (await stranger.post(f"/subjects/{subject}/{verb}", json=body)).status_code == 403, (role, verb)
    async with district.alone(roster, Role.SECURITY_ADMIN, account="security") as security:
        assert (await security.post(f"/subjects/{subject}/erase", json=WHY)).status_code == 403, "who confirms does not ask"
        await ok(await security.post(f"/subjects/{subject}/reject", json={"proposal": proposal, "reason": "请先核对"}))
        assert (await security.post(f"/subjects/{subject}/confirm", json={"proposal": proposal})).status_code == 404
        async with district.alone(roster, Role.OFFICE_HEAD, account="head") as head:
            proposal = await asked_for(head, subject)
        assert (await ok(await security.post(f"/subjects/{subject}/confirm", json={"proposal": proposal})))["erased"]
        gone = await roster.pool.fetchrow("select by from erased where subject = $1::uuid", subject)
    assert gone["by"] == derived_id("member", "head"), "recorded under who asked"


async def erased(district: District, roster: Service, subject: str) -> None:
    async with district.client(roster, Role.OFFICE_HEAD, account="head") as head:
        assert (await ok(await head.post(f"/subjects/{subject}/erase", json=WHY)))["erased"]
    await level(district)  # Whoever keeps an index of the words hears of it a moment later.


async def test_after_an_erasure_a_new_contact_can_be_entered(district: District) -> None:
    roster = await district.open()
    async with district.client(roster) as office, district.client(roster, Role.OFFICE_HEAD, account="head") as head:
        await the_net(office)
        id_ = await enterprise(office, 1, contact="张某某", phone=OLD)
        for number in (NEW, "19900001111"):  # And once more.
            subject = [
                i for i in (await ok(await head.get("/subjects", params={"enterprise": id_})))["items"] if i["what"] == "contact"
            ][-1]
            assert subject["erased"] is False
            await erased(district, roster, subject["subject"])
            assert (await ok(await office.get(f"/enterprises/{id_}")))["phone"] == ERASED
            version = (await office.get(f"/enterprises/{id_}")).headers["etag"]
            amended = {"contact": "李某某", "phone": number}
            await ok(await office.post(f"/enterprises/{id_}/amend", json=amended, headers={"If-Match": version}))
            shown = await ok(await office.get(f"/enterprises/{id_}"))
            assert (shown["contact"], shown["phone"]) == (mask("李某某"), mask(number))
            found = await ok(await office.post("/lookups/phone", json={"phone": number}))
            assert [item["code"] for item in found["enterprises"]] == [credit(1)]
        assert (await ok(await office.post("/lookups/phone", json={"phone": OLD})))["enterprises"] == []
        states = [item["erased"] for item in (await ok(await head.get("/subjects", params={"enterprise": id_})))["items"]]
        assert states == [True, True, False, False]


async def test_after_an_erasure_an_account_goes_to_somebody_else(district: District) -> None:
    roster = await district.open()
    async with district.client(roster) as office:
        await the_net(office)
        await erased(district, roster, str(derived_id("member", "T01-w1")))
        person = {"name": "新来的", "phone": NEW, "unit": "T01", "role": "worker", "on": "2026-03-01"}
        await ok(await office.post("/members/T01-w1/appoint", json=person))
        held = (await ok(await office.get("/members", params={"unit": "T01", "role": "worker"})))["items"]
        assert ("新来的", mask(NEW)) in [(item["name"], item["phone"]) for item in held]
        found = await ok(await office.post("/lookups/phone", json={"phone": NEW}))
        assert [item["account"] for item in found["members"]] == ["T01-w1"]


@pytest.mark.parametrize("type_", TYPES)
def test_a_number_in_any_text_of_any_fact_is_found(type_: str) -> None:
    """Whatever record it was typed into: its subject is in the index before the fact is kept."""
    fact: Fact = mapped(sample(CATALOGUE[type_]), lambda _text: f"请回电{OLD},或0857-8222222")
    sealing = [*personals(fact), *to_seal([fact], "key").values()]
    found = {(item.subject, item.found_by) for item in also_found(sealing)}
    for subject, _ in to_seal([fact], "key"):
        assert {(subject, same(OLD)), (subject, same("0857-8222222"))} <= found


async def test_a_number_is_found_in_every_kind_of_record_and_gone_after(district: District) -> None:
    """A caller nobody reached, an order from 12345 with its raw row, a ticket's own words, a contact."""
    desk = await a_desk(district)
    async with desk.who("hotline") as hotline:
        await ok(await hotline.put(f"/calls/{derived_id('c')}/missed", json={"phone": OLD}))
    order = {"no": "", "content": "路灯不亮", "phone": OLD, "enterprise": "查无此公司"}
    async with desk.who("office") as office:
        await ok(await office.post("/orders", json=order))
    issue = await desk.reported("w", content=f"联系人电话{OLD},招工难")
    async with district.client(desk.roster, Role.OFFICE_HEAD, account="head") as head:
        listed = (await ok(await head.post("/subjects/find", json={"phone": f"+86{OLD}"})))["items"]
        records: set[str] = set()
        for service in (desk.roster, desk.issues):
            async with district.client(service, Role.OFFICE_HEAD, account="head") as asking:
                for item in listed:
                    told = await ok(await asking.get(f"/subjects/{item['subject']}/records"))
                    records |= {record["record"].partition("/")[0] for record in told["items"]}
        assert {"call", "issue"} <= records
        assert records & {"order", "transferred"}
        assert (await ok(await head.get("/subjects", params={"account": "w"})))["items"]
        for item in listed:
            await erased(district, desk.roster, item["subject"])
        assert (await ok(await head.post("/subjects/find", json={"phone": OLD})))["items"] == []
    desk.issues.vault._remember = 0  # What another process erased is believed within a minute.
    assert OLD[-4:] not in str(await desk.shown(issue))


async def test_a_number_recorded_before_numbers_were_indexed_is_found_once_the_logs_were_looked_through(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a version wrote that looked for no numbers in texts, and as a vault put back without its index."""
    desk = await a_desk(district)
    monkeypatch.setattr("shared.log.handle.also_found", lambda _data: [])
    await desk.reported("w", content=f"联系人电话{OLD},招工难")
    gone = await desk.reported("w", content=f"另一处也写了{OLD}")
    async with desk.who("hotline") as hotline:
        await ok(await hotline.put(f"/calls/{derived_id('c')}/missed", json={"phone": OLD}))
    vault = await district.connect("vault", user="postgres")
    await vault.execute("delete from vault.blind")
    for name in SERVICES:
        await district.database(name)
    settings = district.settings(vault_secret_file=district.world.home.secrets / "vault-audit")
    async with district.client(desk.roster, Role.OFFICE_HEAD, account="head") as head:
        await erased(district, desk.roster, str(subject_of(gone)))
        assert (await ok(await head.post("/subjects/find", json={"phone": OLD})))["items"] == []
        found = await index(district.world.place, settings, district.prefix)
        assert found["issues"] >= 2
        listed = (await ok(await head.post("/subjects/find", json={"phone": OLD})))["items"]
        assert len(listed) == 2, "the words and the caller, and not what is erased"
        for item in listed:
            await erased(district, desk.roster, item["subject"])
        assert (await ok(await head.post("/subjects/find", json={"phone": OLD})))["items"] == []
    assert await index(district.world.place, settings, district.prefix) == dict.fromkeys(SERVICES, 0), "twice is once"
    kept = await vault.fetchval("select count(*) from vault.opening where purpose = 'find' and by <> '{}' and n > 0")
    await vault.close()
    assert kept, "a look-up is written down as before"


def test_the_persons_of_a_seat_are_told_apart_and_none_is_used_twice() -> None:
    seats = [seat(kind, key) for kind in ("contact", "legal", "member") for key in ("a", "b")]
    everybody = [person for one in seats for person in persons(one)]
    assert len(set(everybody)) == len(everybody)
