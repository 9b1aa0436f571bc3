"""R60: 联系人/电话/邮箱."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

from support.net import ok, the_net
from support.world import District

from shared.language.terms import Role

FILE = sha256(b"ledger").hexdigest()


async def test_the_offices_contact_is_data_and_each_delivery_is_recorded(district: District) -> None:
    """office contact is config; sealed-e-mail/USB channel recorded as 报送渠道 with file hash"""
    service = await district.open()
    async with district.client() as client, district.client(service, Role.LIAISON, unit="T01", account="T01-l") as liaison:
        await the_net(client)
        brand = {
            "brand": "贵人服务",
            "lead_office": "某区某办公室",
            "district": "某区",
            "contact": "某联系",
            "phone": "0857-8000000",
            "email": "office@example.invalid",
            "channels": ["sealed_email", "usb"],
            "on": "2026-01-01",
        }
        await ok(await client.put("/brand", json=brand))
        seen = await ok(await liaison.get("/brand"))
        assert (seen["contact"], seen["phone"], seen["email"]) == ("某联系", "0857-8000000", "office@example.invalid")
        assert [channel["label"] for channel in seen["channels"]] == ["加密邮箱", "专用U盘"]
        rows = await service.pool.fetch("select body from log.entry")
        assert not any("某联系".encode() in row["body"] for row in rows), "nobody's name in clear in the log"

        key = str(uuid4())
        content = {
            "unit": "T01",
            "month": "2026-08",
            "channel": "usb",
            "file": "附件3 2026年8月.xlsx",
            "sha256": FILE,
            "received_on": "2026-08-26",
        }
        told = await ok(await liaison.put(f"/deliveries/{key}", json=content), 201)
        assert (told["channel_label"], told["sha256"]) == ("专用U盘", FILE)
        await ok(await liaison.put(f"/deliveries/{key}", json=content), 200)
        assert (await liaison.put(f"/deliveries/{key}", json={**content, "file": "别的.xlsx"})).status_code == 409
        for wrong, status in (
            ({"sha256": "x"}, 422),
            ({"unit": "T02"}, 403),
            ({"received_on": "2099-01-01"}, 409),
            ({"month": "2026-13"}, 422),
        ):
            assert (await liaison.put(f"/deliveries/{uuid4()}", json={**content, **wrong})).status_code == status, wrong
        assert (await client.put(f"/deliveries/{uuid4()}", json={**content, "unit": "T99"})).status_code == 409
        assert (await ok(await client.get("/deliveries?month=2026-08")))["total"] == 1
        async with district.client(service, Role.LIAISON, unit="T02", account="T02-l") as other:
            assert (await ok(await other.get("/deliveries")))["total"] == 0
            assert (await other.get(f"/deliveries/{key}")).status_code == 403
