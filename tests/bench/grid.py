"""A very small grid on the running platform, made through its API: one township, one worker, 200 enterprises."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from deploy.cli.outlet import sign
from deploy.embedded.programs import settings_of
from deploy.founding import by_hand, installing
from services.roster.domain.member import MEMBER, AppointMember, KnownMember
from shared.language.codes import make_code
from shared.language.ids import new_id
from shared.language.months import local_date
from shared.language.terms import derived_id
from tests.bench.ground import Ground
from tests.bench.wire import Wire

UNIT, ENTERPRISES = "520502001", 200
_WORKER = derived_id("member", "bench")


def worker(ground: Ground) -> str:
    """The worker's token."""
    return sign(ground.home, {"sub": str(_WORKER)}, 3600)


def office(ground: Ground) -> str:
    """The token of the office's head."""
    return sign(ground.home, {"sub": str(derived_id("member", "office-head"))}, 3600)


async def lay(ground: Ground) -> list[UUID]:
    """Make it, once a run, and wait until visits knows it. Answers the enterprises."""
    await ground.platform()
    if ground.enterprises:
        return ground.enterprises
    wire = Wire("127.0.0.1", ground.port, office(ground))

    async def put(path: str, method: str = "PUT", **body: Any) -> dict[str, Any]:
        _, content = await wire.ask(method, f"/api/roster{path}", orjson.dumps(body))
        return orjson.loads(content)

    on = "2026-01-01"
    await put(f"/units/{UNIT}", name="测试街道", kind="township", parent="520502", on=on)
    key, person = (
        derived_id("member", "bench"),
        AppointMember.model_validate({"name": "测试员", "unit": UNIT, "role": "worker", "on": on}),
    )
    async with installing(settings_of(ground.home, "roster")) as roster:
        await by_hand(roster, MEMBER, key, person, KnownMember("bench", key, {UNIT: None}))
    ids: list[UUID] = []
    position = 0
    for number in range(ENTERPRISES):
        code = make_code("520502", f"MA{number:06d}").text
        made = await put(
            f"/enterprises/{code}",
            code=code,
            name=f"毕节市测试{number}有限公司",
            industry="F5191",
            staff=20,
            assignments=[{"line": "horizontal", "unit": UNIT}],
            on=on,
        )
        ids.append(UUID(made["id"]))
        position = made["position"]
    wire.close()
    async with ground.pool("visits", 1, prefix="") as pool:
        for _ in range(600):
            rows = await pool.fetch("select pos from view.cursor where log = 'roster'")
            if rows and min(row["pos"] for row in rows) >= position:
                ground.enterprises = ids
                return ids
            await asyncio.sleep(0.05)
    raise TimeoutError("visits never learnt of the roster")


def visit(enterprise: UUID) -> tuple[str, bytes]:
    """A new visit: path and body of the request."""
    body = {
        "enterprise": str(enterprise),
        "on": local_date(datetime.now(UTC)).isoformat(),
        "mode": "on_site",
        "ack": "scan",
        "interviewee": "张三",
        "title": "总经理",
        "phone": "13800001234",
        "aware": "understood",
        "satisfaction": "4",
        "note": "生产经营总体平稳,订单较上月略有增加,原材料价格上涨,流动资金偏紧,计划扩建二期厂房",
        "difficulties": "用工不足,熟练工难招;厂区门口道路破损影响大货车进出",
        "suggestions": "希望组织专场招聘会",
        "policies": ["税费优惠政策", "稳岗返还"],
        "onemap_given": 1,
    }
    return f"/api/visits/visits/{new_id()}", orjson.dumps(body)
