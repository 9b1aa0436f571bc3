"""What was filed is what is shown and printed; what came later stands beside it, and supplements it without anybody's doing."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest
from support.logs import a_write
from support.scene import Scene, a_scene
from support.world import District, until

from services.reporting.domain.ledger import digest
from services.reporting.domain.month import MONTH as LEDGER
from services.reporting.domain.month import filed_of
from services.reporting.domain.rules import CURRENT
from services.reporting.projections import ArchiveBehind, Reporting
from services.reporting.reactions import supplement
from shared.events.reporting import LedgerSubmitted
from shared.language.decider import AnyDecider
from shared.language.facts import Command
from shared.language.terms import Role
from shared.log.eventlog import append
from shared.log.sweeping import Unfinished

MONTH = "2026-09"
AFTERWARDS = "报送后变更"


@dataclass
class Office:
    """A scene with reporting, and its people there."""

    scene: Scene
    reporting: Reporting

    def who(self, role: Role, unit: str = "T01") -> httpx.AsyncClient:
        account = f"{unit}-{role}"
        client = self.scene.district.client(self.reporting, role, unit=unit, account=account)
        sub = str(self.scene.members.get(account, uuid4()))
        client.headers["Authorization"] = "Bearer " + self.scene.district.token(role, unit=unit, account=account, sub=sub)
        return client

    async def known(self) -> None:
        """Until reporting's mirror holds what roster and visits hold."""
        heads = {
            name: await self.scene.district.services[name].pool.fetchval("select pos from log.head")
            for name in ("roster", "visits")
        }

        async def there() -> bool:
            cut = await self.reporting.reader.archive.cut()
            return all(cut[name] == head for name, head in heads.items())

        await until(there)

    async def submit(self, unit: str = "T01") -> dict[str, Any]:
        async with self.who(Role.LIAISON, unit) as liaison:
            done = await liaison.post(f"/ledgers/{unit}/{MONTH}/submit", json={})
        assert done.status_code == 200, done.text
        return done.json()

    async def shown(self, unit: str = "T01", **params: str) -> dict[str, Any]:
        async with self.who(Role.AUDITOR, "office") as auditor:
            found = await auditor.get(f"/ledgers/{unit}/{MONTH}", params=params)
        assert found.status_code == 200, found.text
        return found.json()

    async def paper(self, unit: str = "T01", **params: str) -> Any:
        async with self.who(Role.AUDITOR, "office") as auditor:
            found = await auditor.get(f"/ledgers/{unit}/{MONTH}/workbook", params=params)
        assert found.status_code == 200, found.text
        return openpyxl.load_workbook(io.BytesIO(found.content))


@asynccontextmanager
async def an_office(district: District, enterprises: int = 3) -> AsyncGenerator[Office, None]:
    async with a_scene(district, enterprises) as scene:
        await scene.enterprise(9, staff=10, revenue=2_000_000_000, industry="51", worker=None, department=None)
        await scene.known()
        reporting = await district.open("reporting", relay=True)
        assert isinstance(reporting, Reporting)
        yield Office(scene, reporting)


def rows(book: Any, sheet: str = "附件3", first: int = 7) -> list[str]:
    return [line[1].value for line in book[sheet].iter_rows(min_row=first) if line[1].value]


async def test_a_draft_bears_no_code_and_nobodys_name_as_reviewer(district: District) -> None:
    async with an_office(district) as office:
        await office.scene.visit(1)
        await office.known()
        found = await office.shown()
        assert (found["state"], found["state_label"], found["filed"], len(found["rows"])) == ("draft", "草稿", None, 1)
        book = await office.paper()
        form = book["附件3"]
        assert form["A2"].value.endswith("(草稿)")
        assert "填报日期:未报送" in form["A3"].value
        assert "审核人(网格长):        〔未签发〕" in form["A4"].value
        assert form["A4"].value.endswith("台账版本号:—    校验码:—")
        assert "防伪码" not in str([cell.value for sheet in book for line in sheet for cell in line])


async def test_what_was_filed_is_shown_and_printed_whatever_came_later(district: District) -> None:
    async with an_office(district) as office:
        visit = await office.scene.visit(1)
        await office.known()
        office.reporting.clock = lambda: datetime(2026, 11, 27, 5, 13, 59, 541048, tzinfo=UTC)
        filed = await office.submit()
        await office.scene.visit(2)
        async with office.scene.who("T01-head") as head:
            assert (await head.post(f"/visits/{visit}/void", json={"reason": "误录"})).status_code == 200
        await office.known()

        found = await office.shown()
        assert (found["state"], found["state_label"], found["digest"], found["cut"]) == (
            "filed",
            "未签发",
            filed["digest"],
            filed["cut"],
        )
        assert [row["visit"] for row in found["rows"]] == [str(visit)]
        since = found["since_filing"]
        assert ([row["enterprise_name"] for row in since["added"]], since["changed"]) == (["某2商贸有限公司"], [])
        assert [row["visit"] for row in since["removed"]] == [str(visit)]
        now = await office.shown(show="now")
        assert (now["state"], [row["enterprise_name"] for row in now["rows"]]) == ("now", ["某2商贸有限公司"])

        form, summary, _, after = (await office.paper()).worksheets
        assert after.title == AFTERWARDS
        assert "〔未签发〕" in form["A4"].value
        assert f"台账版本号:1    校验码:{filed['digest'][:16]}" in form["A4"].value
        assert "填报日期:2026年11月27日" in form["A3"].value
        told = {line[0].value: (line[1].value, line[2].value) for line in summary.iter_rows(min_row=4)}
        assert told["报送时间"] == ("2026年11月27日 13:13", "未签发")
        assert {line[0].value: line[2].value for line in after.iter_rows(min_row=4)} == {
            "移出": "某1商贸有限公司",
            "新增": "某2商贸有限公司",
        }
        other = await office.paper(show="now")
        assert other["附件3"]["A4"].value.endswith("校验码:—")
        assert other["附件3"]["A2"].value.endswith("(按所选时点计算,非报送件)")
        assert AFTERWARDS not in other.sheetnames
        assert "填报日期:—" in other["附件3"]["A3"].value  # It was filed; this is not what was.
        assert "未报送" not in str([cell.value for sheet in other for line in sheet for cell in line])

        async with office.who(Role.DEPUTY) as deputy:
            assert (await deputy.post(f"/ledgers/T01/{MONTH}/sign", json={"digest": filed["digest"]})).status_code == 200
        signed = await office.paper()
        assert "审核人(网格长):王某    " in signed["附件3"]["A4"].value
        assert signed["附件3"]["A2"].value == form["A2"].value
        async with office.who(Role.OFFICE, "office") as clerk:
            assert (await clerk.post(f"/ledgers/T01/{MONTH}/return", json={"reason": "内容不全"})).status_code == 200
        assert "〔未签发〕" in (await office.paper())["附件3"]["A4"].value


async def test_nothing_is_signed_whose_records_differ_from_their_copy(district: District) -> None:
    """Each signature compares what the last audit has not; what the last audit found refuses as well."""
    async with an_office(district) as office:
        await office.scene.visit(1)
        await office.known()
        filed = await office.submit()
        flip = "update mirror.entry set body = set_byte(body, 30, get_byte(body, 30) # 1) where origin = 'visits' and pos = 1"
        found = "insert into view.finding values ('visits', 'stream', '第 1 条与消息流不同', now())"
        admin = await district.connect("reporting", user="postgres")
        async with office.who(Role.HEAD) as head:

            async def signed() -> httpx.Response:
                return await head.post(f"/ledgers/T01/{MONTH}/sign", json={"digest": filed["digest"]})

            for wrong, right in ((flip, flip), (found, "delete from view.finding")):
                await admin.execute(wrong)
                refused = await signed()
                assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:copies-differ")
                assert "第 1 条" in refused.json()["findings"][0]
                assert "guiren audit fsck" in refused.json()["title"]
                async with office.who(Role.LIAISON) as liaison:  # Refused before anything is compared for him.
                    asked = await liaison.post(f"/ledgers/T01/{MONTH}/sign", json={"digest": filed["digest"]})
                assert asked.status_code == 403
                await admin.execute(right)
            await admin.close()
            assert (await signed()).status_code == 200


async def test_the_size_of_an_enterprise_stands_in_every_ledger(district: District) -> None:
    async with an_office(district) as office:
        await office.scene.visit(9, "T01-worker1")
        await office.known()
        (row,) = (await office.shown())["rows"]
        assert row["size"] == "small"
        detail = (await office.paper())["明细"]
        titles = [cell.value for cell in detail[1]]
        assert detail.cell(2, titles.index("企业规模") + 1).value == "小型"


async def test_a_past_month_is_supplemented_by_itself_as_often_as_it_changes(district: District) -> None:
    async with an_office(district) as office:
        await office.scene.visit(1)
        await office.known()
        filed = await office.submit()
        assert await supplement(office.reporting) == 0, "nothing came"
        visit = await office.scene.visit(2)
        await office.known()
        assert await supplement(office.reporting) == 1
        assert await supplement(office.reporting) == 0, "told already"
        async with office.scene.who("T01-head") as head:
            assert (await head.post(f"/visits/{visit}/void", json={"reason": "误录"})).status_code == 200
        await office.known()
        assert await supplement(office.reporting) == 1, "back to what was filed is a change too"
        state = (await office.reporting.months([f"T01-{MONTH}"]))[f"T01-{MONTH}"].state
        kept = filed_of(state)
        assert kept is not None
        assert [(item.added, item.changed, item.removed, item.filing.rows) for item in kept.supplements] == [
            (1, 0, 0, 2),
            (0, 0, 0, 1),
        ]
        assert [item.filing.rules for item in kept.supplements] == [CURRENT, CURRENT]
        assert kept.filing.digest == filed["digest"] == kept.supplements[1].filing.digest
        assert (await office.shown())["filed"]["supplements"] == 2


async def test_one_ledger_that_cannot_be_supplemented_stops_no_other_and_is_named(district: District) -> None:
    async with an_office(district) as office:
        for number, account in ((1, "T01-worker1"), (2, "D01-worker1")):
            await office.scene.visit(number, account)
        await office.known()
        cut = await office.reporting.settled()
        broken = {"cut": cut, "rows": 1, "digest": "0" * 64, "visited": 0, "owed": 0}
        for unit, filing in (("D01", broken), ("T01", None)):
            await _filed_as(
                office, unit, filing or broken | {"digest": digest(await office.reporting.reader.ledger("T01", MONTH, cut))}
            )
        await office.scene.visit(3)
        await office.known()
        with pytest.raises(Unfinished, match=f"1 项未办成,第一项 D01-{MONTH}"):
            await supplement(office.reporting)
        assert (await office.shown())["filed"]["supplements"] == 1


async def _filed_as(office: Office, unit: str, filing: dict[str, Any]) -> None:
    """A filing straight into the log, as a rule of a former version or a fault might have left it."""
    fact = LedgerSubmitted.model_validate(
        {
            "unit": unit,
            "line": "horizontal",
            "month": MONTH,
            "revision": 1,
            "filing": {**filing, "rules": CURRENT},
            "received": datetime(2026, 9, 27, tzinfo=UTC),
            "due": datetime(2026, 9, 27, 16, tzinfo=UTC),
            "on_time": True,
        }
    )
    decider: AnyDecider = replace(LEDGER, decide=lambda _state, _command, _context: [fact])
    context = await office.reporting.context(office.scene.district.actor(), f"{unit}-{MONTH}")
    await office.reporting.desk.handle(decider, f"{unit}-{MONTH}", Command(), context, command_id=uuid4())


async def test_the_list_of_ledgers_is_told_as_of_an_instant(district: District) -> None:
    async with an_office(district) as office:
        await office.known()

        async def listed(**params: str) -> dict[str, Any]:
            async with office.who(Role.AUDITOR, "office") as auditor:
                found = (await auditor.get("/ledgers", params={"month": MONTH, **params})).json()
            return next(item for item in found["items"] if item["unit"] == "T01")

        filed = await office.submit()
        (submitted,) = (await office.reporting.months([f"T01-{MONTH}"]))[f"T01-{MONTH}"].entries
        async with office.who(Role.HEAD) as head:
            await head.post(f"/ledgers/T01/{MONTH}/sign", json={"digest": filed["digest"]})
        then = submitted.recorded.isoformat()
        before = (submitted.recorded - timedelta(microseconds=1)).isoformat()
        assert (await listed())["signed"]
        assert ((await listed(as_of=then))["digest"], (await listed(as_of=then))["signed"]) == (filed["digest"], False)
        assert (await listed(as_of=before))["state"] == "missing"


async def test_the_history_of_a_ledger_is_told_as_of_an_instant(district: District) -> None:
    async with an_office(district) as office:
        await office.known()

        async def told(**params: str) -> list[str]:
            async with office.who(Role.AUDITOR, "office") as auditor:
                found = (await auditor.get(f"/ledgers/T01/{MONTH}/history", params=params)).json()
            assert found["total"] == len(found["items"])
            return [item["type"].split(".")[1] for item in found["items"]]

        assert await told() == []
        filed = await office.submit()
        async with office.who(Role.HEAD) as head:
            await head.post(f"/ledgers/T01/{MONTH}/sign", json={"digest": filed["digest"]})
        submitted, _ = (await office.reporting.months([f"T01-{MONTH}"]))[f"T01-{MONTH}"].entries
        assert await told() == ["ledger-submitted", "ledger-signed"]
        assert await told(as_of=submitted.recorded.isoformat()) == ["ledger-submitted"]
        assert await told(as_of=datetime.fromtimestamp(submitted.recorded.timestamp() - 1, UTC).isoformat()) == []


async def test_nothing_is_filed_from_a_mirror_that_does_not_hold_all_the_logs_hold(district: District) -> None:
    async with an_office(district) as office:
        await office.scene.visit(1)
        await office.known()
        poison = replace(a_write("poison"), types=["visits.visit-recorded.v1"])
        await append(office.scene.visits.pool, [poison])
        office.scene.visits.desk.written(0)

        async def halted() -> bool:
            return bool(office.reporting.health["mirror-visits"].halted)

        await until(halted)
        async with office.who(Role.LIAISON) as liaison:
            refused = await liaison.post(f"/ledgers/T01/{MONTH}/submit", json={})
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:guiren:problem:archive-behind")
        (behind,) = refused.json()["behind"]
        assert (behind["log"], behind["name"], behind["head"] - behind["at"]) == ("visits", "走访", 1)
        await asyncio.sleep(1.1)  # What is known of the heads is a second old at most.
        found = await office.shown()
        assert [(item["log"], item["head"] - item["at"]) for item in found["behind"]] == [("visits", 1)]
        with pytest.raises(ArchiveBehind):
            await office.reporting.settled()


async def test_a_filing_waits_for_what_is_on_its_way(district: District) -> None:
    async with an_office(district) as office:
        await office.known()
        for _ in range(3):
            await office.scene.visit(1, mode="phone")
        async with office.who(Role.LIAISON) as liaison:
            visits = await office.scene.visits.pool.fetchval("select pos from log.head")
            done = await liaison.post(f"/ledgers/T01/{MONTH}/submit", json={}, params={"min": f"visits:{visits}"})
        assert (done.status_code, done.json()["rows"]) == (200, 3)


async def test_a_rebuild_is_a_task_of_the_administrators_with_its_result_to_fetch(district: District) -> None:
    async with an_office(district) as office:
        await office.scene.visit(1)
        await office.known()
        filed = await office.submit()
        for role in Role:
            if role is not Role.ADMIN:
                async with office.who(role, "office") as other:
                    expected = 401 if role is Role.SYSTEM else 403  # The platform itself has no token.
                    assert (await other.post("/rebuild")).status_code == expected, role
        async with office.who(Role.ADMIN, "office") as admin:
            began = await admin.post("/rebuild")
            assert (began.status_code, began.json()["state"]) == (202, "running")
            again = await admin.post("/rebuild")
            assert again.json()["id"] == began.json()["id"], "one at a time"
            assert began.headers["Location"].endswith(f"/rebuilds/{began.json()['id']}")

            async def over() -> Any:
                task = (await admin.get(f"/rebuilds/{began.json()['id']}")).json()
                return task if task["state"] != "running" else None

            task = await until(over)
            assert (await admin.get(f"/rebuilds/{uuid4()}")).status_code == 404
        assert (task["state"], task["done"], task["total"], task["problem"]) == ("done", 2, 2, None)
        assert task["result"]["filed"] == {"checked": 1, "different": []}
        (pair,) = task["result"]["ledgers"]
        assert pair["before"] == pair["after"] == filed["digest"]
        assert (await office.shown())["digest"] == filed["digest"]
