"""What a superuser can do to a log, its copies or what follows from it, one row each: ``fsck`` finds it, and where."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from uuid import uuid4

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.roster import DISTRICT, unit
from support.streams import stream_equals_log
from support.world import District, until

from deploy.fsck import audit, fsck, is_due
from deploy.install import SERVICES
from deploy.restore import unreadable
from shared.http.service import Service
from shared.language.months import SHANGHAI
from shared.log.bus import Bus
from shared.log.eventlog import head
from shared.log.sealing import sealed
from shared.log.signatures import Signatures

DAY = "2026-08-01"
FLIP = "set body = set_byte(body, 30, get_byte(body, 30) # 1)"
SWAP = (
    "update log.entry set pos = -3 where pos = 3; update log.entry set pos = 3 where pos = 5; "
    "update log.entry set pos = 5 where pos = -3"
)
TAMPERED = {
    "body of a middle entry": ("roster", f"update log.entry {FLIP} where pos = 3", {"stream", "mirror"}),
    "middle entry deleted": ("roster", "delete from log.entry where pos = 4", {"log", "stream", "mirror"}),
    "two entries swapped": ("roster", SWAP, {"log", "stream", "mirror"}),
    "recorded time of a middle entry": ("roster", "update log.entry set rec_us = rec_us + 1 where pos = 3", {"stream", "mirror"}),
    "body of a sealed entry": ("roster", f"update log.entry {FLIP} where pos = 3", {"seal"}),
    "sealed entry deleted": ("roster", "delete from log.entry where pos = 4", {"seal"}),
    "sealed time": ("roster", "update log.entry set rec_us = rec_us + 1 where pos = 3", {"seal"}),
    "tile": ("roster", "update log.tile set hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)", {"seal"}),
    "root of a seal": ("roster", "update log.seal set root = sha256('x')", {"seal"}),
    "seal of somebody": ("roster", "update log.seal set note = overlay(note placing 'AAAA' from length(note) - 20)", {"seal"}),
    "row of a view": ("roster", "update view.unit set first_name = '别的名字' where code = 'T01'", {"view"}),
    "body in the mirror": ("reporting", f"update mirror.entry {FLIP} where origin = 'roster' and pos = 3", {"mirror"}),
    "roster copy": ("visits", "delete from view.known_unit where code = 'T01'", {"copy"}),
    "cursor moved on": ("visits", "update view.cursor set pos = pos - 2 where name = 'directory'", {"cursor"}),
    "cursor beyond its log": ("visits", "update view.cursor set pos = pos + 5, leaf = null where name = 'directory'", {"cursor"}),
    "key of a subject": ("vault", "delete from vault.subject_key", {"keys"}),
}


async def a_district_at_work(district: District) -> Service:
    """Six units and a member, copied by everybody who copies."""
    roster = await district.open("roster", relay=True)
    followers = [await district.open(name, relay=True) for name in ("visits", "issues", "reporting")]
    await unit(district, "520502", DISTRICT, command_id=uuid4())
    async with district.client(roster) as client:
        for n in range(1, 6):
            body = {"name": f"乡{n}", "kind": "township", "parent": "520502", "on": DAY}
            assert (await client.put(f"/units/T0{n}", json=body)).status_code == 201
        member = {"name": "测试甲", "phone": "13900000001", "unit": "T01", "role": "worker", "on": DAY}
        assert (await client.post("/members/w1/appoint", json=member)).status_code == 200
    await stream_equals_log(district.bus(), roster.pool)

    async def copied() -> bool:
        rows = [r for s in followers for r in await s.pool.fetch("select pos from view.cursor where log = 'roster'")]
        return bool(rows) and {row["pos"] for row in rows} == {await roster.pool.fetchval("select pos from log.head")}

    async def is_sealed() -> bool:
        return (await sealed(roster.pool))[0] == await head(roster.pool)

    await until(copied)
    await until(is_sealed)
    return roster


@pytest.mark.parametrize("what", TAMPERED)
async def test_what_was_tampered_with_is_found_and_named(district: District, what: str) -> None:
    await a_district_at_work(district)

    async def kinds() -> set[str]:
        found = await fsck(district.world.place, district.bus(service=""), district.settings("audit"), district.prefix)
        return {finding.kind for finding in found}

    assert await kinds() == set(), "as it is, everything agrees"
    name, statement, expected = TAMPERED[what]
    for service in district.services.values():
        await service.close()
    admin = await district.connect(name, user="postgres")
    await admin.execute("set session_replication_role = replica")
    await admin.execute(statement)
    await admin.close()
    assert expected <= await kinds()
    if expected == {"keys"}:
        assert set(await unreadable(district.world.place, district.prefix)) == {"member"}
    district.services.clear()  # What was tampered with is not verified again.


async def test_every_entry_that_differs_is_named_up_to_a_bound_and_counted(district: District) -> None:
    await a_district_at_work(district)
    for service in district.services.values():
        await service.close()
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    await admin.execute(f"update log.entry {FLIP} where pos in (3, 5, 6)")
    await admin.close()
    found = await fsck(district.world.place, district.bus(service=""), district.settings("audit"), district.prefix)
    district.services.clear()
    said = [finding.said for finding in found if (finding.service, finding.kind) == ("roster", "mirror")]
    assert any("第 3、5、6 条" in text for text in said), said
    assert not [finding for finding in found if re.search(r"http|Error\(|validation", finding.said)]


async def test_every_entry_that_was_changed_in_a_copy_itself_is_named(district: District) -> None:
    """What its service did not sign ends no comparison: the mirror's and the stream's others are looked at all the same."""
    await a_district_at_work(district)
    for service in district.services.values():
        await service.close()
    admin = await district.connect("reporting", user="postgres")
    await admin.execute(f"update mirror.entry {FLIP} where origin = 'roster' and pos in (2, 4)")
    await admin.execute("update mirror.entry set proof = null where origin = 'roster' and pos = 6")
    await admin.close()
    found = await fsck(district.world.place, district.bus(service=""), district.settings("audit"), district.prefix)
    district.services.clear()
    said = [finding.said for finding in found if (finding.service, finding.kind) == ("roster", "mirror")]
    assert "第 2、4 条与镜像不同" in said
    assert any("第 2、4、6 条没有该服务的有效签名" in each for each in said)
    assert {(finding.service, finding.kind) for finding in found} == {("roster", "mirror")}


async def test_a_changed_view_row_is_named_while_an_entry_of_the_log_can_not_be_read(district: District) -> None:
    await a_district_at_work(district)
    for service in district.services.values():
        await service.close()
    admin = await district.connect("roster", user="postgres")
    await admin.execute("set session_replication_role = replica")
    stream = await admin.fetchval("update log.entry set body = '' where pos = 3 returning stream")
    await admin.execute("update view.unit set first_name = '别的名字' where code = 'T04'")
    await admin.close()
    found = await fsck(district.world.place, district.bus(service=""), district.settings("audit"), district.prefix)
    district.services.clear()
    said = [finding.said for finding in found if (finding.service, finding.kind) == ("roster", "view")]
    assert any(each.startswith(f"{stream} 无法由日志重算:第 3 条") for each in said), said
    assert "unit 与由日志重算的不同" in said
    assert not [finding for finding in found if re.search(r"http|Error\(|validation", finding.said)]


async def test_what_an_audit_finds_is_told_by_the_service_since_when_until_it_fits_again(district: District) -> None:
    roster = await a_district_at_work(district)

    async def audited() -> int:
        return len(await audit(district.world.place, district.bus(service=""), district.settings("audit"), district.prefix))

    assert await audited() == 0
    async with district.client(roster) as client:
        assert "audit" not in (await client.get("/readyz")).json()["degraded"]
        admin = await district.connect("roster", user="postgres")
        await admin.execute("set session_replication_role = replica")
        await admin.execute(f"update log.entry {FLIP} where pos = 3")
        found = await audited()
        assert found in (2, 3), "stream and mirror, and the seal if it was sealed by then"
        ready = await client.get("/readyz")
        told = ready.json()["checks"]["audit"]
        assert ready.status_code == 200, "what it answers may be right"
        assert (told["ok"], told["findings"]) == (False, found)
        assert "第 3 条" in told["error"]
        assert "guiren audit fsck" in told["error"]
        assert f'guiren_audit_findings{{service="roster"}} {found}.0' in (await client.get("/metrics")).text
        assert await audited() >= found
        assert (await client.get("/readyz")).json()["checks"]["audit"]["since"] == told["since"], "since when, not last seen"
        await admin.execute(f"update log.entry {FLIP} where pos = 3")
        await admin.close()
        assert await audited() == 0
        assert "audit" not in (await client.get("/readyz")).json()["checks"]


@pytest.mark.parametrize("name", SERVICES)
async def test_another_public_key_is_told_until_somebody_says_that_it_was_meant(district: District, name: str) -> None:
    """Whoever adds his own key to entry-keys.json could write in the service's name: that is a finding, and stops signing."""
    await a_district_at_work(district)

    async def told(bus: Bus, *, accept: bool = False) -> list[tuple[str, str]]:
        place, settings = district.world.place, district.settings("audit")
        found = await audit(place, bus, settings, district.prefix, accept_keys=accept)
        return [(item.service, item.said) for item in found if item.kind == "entry-keys"]

    bus = district.bus(service="")
    assert await told(bus) == []
    file = district.world.home.secrets / "entry-keys.json"
    keys: dict[str, list[str]] = orjson.loads(file.read_bytes())
    own = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    forged = district.world.home.path / f"forged-{name}.json"
    forged.write_bytes(orjson.dumps({**keys, name: [*keys[name], base64.urlsafe_b64encode(own).decode().rstrip("=")]}))
    bus.signatures = Signatures.read(district.code, forged)
    for _ in range(2):
        [(service, said)] = await told(bus)
        assert (service, own.hex()[:16] in said, "guiren audit fsck --accept-keys" in said) == (name, True, True)
    async with district.client(district.services["roster"]) as client:
        assert ("audit" in (await client.get("/readyz")).json()["degraded"]) is (name == "roster")
    assert await told(bus, accept=True) == []
    assert await told(bus) == []
    bus.signatures = Signatures.read(district.code, file)
    [(service, said)] = await told(bus)
    assert (service, f"缺少 {own.hex()[:16]}" in said) == (name, True)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2026-11-27T12:00", True),
        ("2026-11-26T03:05", "2026-11-27T02:59", False),
        ("2026-11-26T03:05", "2026-11-27T03:00", True),
        ("2026-11-27T03:20", "2026-11-27T23:59", False),
        ("2026-11-20T03:20", "2026-11-27T01:00", True),
    ],
)
def test_an_audit_is_due_once_a_night_and_after_a_night_that_was_missed(last: str | None, now: str, *, due: bool) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    assert is_due(at(last) if last else None, at(now)) is due
