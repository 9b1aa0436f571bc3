"""``guiren init``: the first unit, the first account, the brand and the calendar of a platform that is empty."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from deploy.cli.outlet import HomeOption, address_of, answer_of, console, fail, home_of, system_token
from shared.months import SHANGHAI
from shared.settings import Settings

_CALENDARS = Path(__file__).parents[1] / "data/calendar"
OFFICE = "office"


def init(
    name: Annotated[str, typer.Option("--name", prompt="首个账号本人的姓名", help="首个账号本人的姓名")],
    account: Annotated[str, typer.Option("--account", help="首个账号,区优化办负责人")] = "office-head",
    office: Annotated[str, typer.Option("--office", help="牵头单位全称,印在牌匾与台账上")] = Settings.model_fields[
        "office_name"
    ].default,
    phone: Annotated[str, typer.Option("--phone", help="牵头单位办公电话")] = "",
    home: HomeOption = None,
) -> None:
    """建立本区、区优化办、首个账号、品牌与已公布年份的工作日历。只对空的平台有效,中断后可以重做。"""
    place = home_of(home)
    settings = Settings()
    today = f"{datetime.now(SHANGHAI):%Y-%m-%d}"
    bearer = {"Authorization": f"Bearer {system_token(place)}"}
    with httpx.Client(base_url=f"{address_of(place)}/api/roster", headers=bearer, timeout=30, trust_env=False) as roster:
        strangers = [u["code"] for u in answer_of(roster.get("/units"))["items"] if u["code"] not in (settings.district, OFFICE)]
        if strangers:
            fail(f"平台不是空的,已有单位 {strangers[0]} 等 {len(strangers)} 个;账号由区优化办在系统内任命")
        others = [m["account"] for m in answer_of(roster.get("/members"))["items"] if m["account"] != account]
        if others:
            fail(f"平台不是空的,已有账号 {others[0]};其他账号由其在系统内任命")
        units: list[tuple[str, dict[str, Any]]] = [
            (settings.district, {"name": settings.district_name, "kind": "district", "on": today}),
            (OFFICE, {"name": office, "kind": "office", "parent": settings.district, "on": today}),
        ]
        for code, unit in units:
            answer_of(roster.put(f"/units/{code}", json=unit))
        post = {"name": name, "unit": OFFICE, "role": "office_head", "on": today}
        answer_of(roster.post(f"/members/{account}/appoint", json=post))
        brand = {
            "brand": settings.brand, "lead_office": office, "district": settings.district_name, "phone": phone, "on": today,
        }  # fmt: skip
        answer_of(roster.put("/brand", json=brand))
        years = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_CALENDARS.glob("*.json"))]
        for year in years:
            answer_of(roster.put(f"/calendar/{year['year']}", json={name: year[name] for name in ("days", "source")}))
    console.print(
        f"已建立 {settings.district_name}、{office} 与账号 {account}({name}),发布 {len(years)} 年工作日历", markup=False
    )
    console.print(
        f"接下来  guiren token --as {account}  取得令牌;单位、人员与行业对应见 {address_of(place)}/api/roster/docs", markup=False
    )
