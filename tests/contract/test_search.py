"""Every list that takes a text finds the same, however the text is written; the lists are found in the OpenAPI documents."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from support.desk import a_desk
from support.fuzz import application
from support.world import District, until

from shared.http.service import Service

CODES = {"unit", "parent", "department", "township", "min", "cursor"}
"""Parameters that hold a code or a position, not words."""
ENTERPRISE, TAG, TITLE = "贵州西马金融123有限公司", "青年创业A1", "关于银行贷款123贴息的通知(西部·青年)"
CONTENT, SYSTEM, NUMBER = "向银行申请贷款123万元,西城·青年广场", "旧系统A1", "工单-青1"
WRITINGS: dict[tuple[str, str], tuple[str, ...]] = {
    ("/enterprises", "q"): (
        "西马金融",
        "西马金融\u3000",
        " 西马金融",
        "⻄⻢⾦融",
        "金融 西马",
        "１２３",
        "西\u200b马",
        "有限公司 123 贵州",
        "123  西马",
    ),
    ("/enterprises", "tag"): (TAG, f"{TAG} ", "⻘年创业Ａ１", "青年创业a1"),
    ("/policies", "q"): ("银行贷款", "贷款 银行", "贷款\u3000", "银⾏贷款", "１２３", "⻄部•⻘年", "西部‧青年", "（西部・青年）"),
    ("/issues", "q"): ("贷款", "贷款 ", "银行 贷款", "贷款\u3000银行", "１２３万元", "⻄城•⻘年⼴场", "西城・青年", "贷 万 银行"),
    ("/histories", "source"): (SYSTEM, f" {SYSTEM}", "旧系统Ａ１", "旧系统a1"),
    ("/histories", "no"): (NUMBER, f"{NUMBER}\u3000", "⼯单—⻘１"),
}
NOWHERE = ("贷款 没有这个词", "西马 没有这个词", "没有这个词")


def text_parameters(service: Service) -> set[tuple[str, str]]:
    """Query parameters of lists that take any text."""
    found: set[tuple[str, str]] = set()
    for path, methods in application(service).openapi()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            schema: dict[str, Any] = parameter["schema"]
            for part in schema.get("anyOf", [schema]):
                free = part.get("type") == "string" and not {"pattern", "format", "enum", "const"} & part.keys()
                if parameter["in"] == "query" and free and parameter["name"] not in CODES:
                    found.add((path, parameter["name"]))
    return found


async def test_every_list_finds_the_same_for_every_writing(district: District) -> None:
    desk = await a_desk(district)
    desk.now("09-14T10:00")
    visits, reporting = await district.open("visits", relay=True), await district.open("reporting")
    head = await desk.roster.pool.fetchval("select pos from log.head")

    async def known() -> bool:
        return await visits.pool.fetchval("select pos from cursor where name = 'directory'") >= head

    await until(known)
    services = {"roster": desk.roster, "visits": visits, "issues": desk.issues, "reporting": reporting}
    asked = {(name, *parameter) for name, service in services.items() for parameter in text_parameters(service)}
    assert {(path, parameter) for _, path, parameter in asked} == WRITINGS.keys(), "a list's text parameter has no writings here"

    async with district.client(desk.roster) as office:
        at = f"/enterprises/{desk.enterprises[0]}"
        for verb, change in (("amend", {"name": ENTERPRISE}), ("tag", {"tags": [TAG]})):
            version = (await office.get(at)).headers["ETag"]
            answer = await office.post(f"{at}/{verb}", json=change, headers={"If-Match": version})
            assert answer.status_code == 200, answer.text
    async with district.client(visits) as office:
        policy = {"unit": "OFFICE", "title": TITLE, "text": "贴息", "document": "某发〔2026〕1号", "since": "2026-01-01"}
        for title in (TITLE, "另一件政策"):
            assert (await office.put(f"/policies/{uuid4()}", json={**policy, "title": title})).status_code == 201
    await desk.reported(enterprise=1, content=CONTENT)
    await desk.reported(enterprise=1, content="厂区门口积水")
    async with desk.who("office") as office:
        row = {"line": 1, "at": "2026-01-01T00:00:00Z", "status": "关闭", "stage": "closed", "final": True, "level": "grid"}
        for source, no in ((SYSTEM, NUMBER), ("另一系统", "2")):
            answer = await office.post("/histories", json={"source": source, "tickets": [{"no": no, "rows": [row]}]})
            assert answer.status_code == 200, answer.text

    for name, path, parameter in sorted(asked):
        async with district.client(services[name]) as office:
            first, *others = WRITINGS[path, parameter]
            wanted = (await office.get(path, params={parameter: first})).json()["items"]
            assert len(wanted) == 1, (path, parameter, first)
            for writing in others:
                answer = await office.get(path, params={parameter: writing})
                assert answer.json()["items"] == wanted, (path, parameter, writing)
            for writing in NOWHERE:
                assert (await office.get(path, params={parameter: writing})).json()["items"] == [], (path, parameter, writing)
