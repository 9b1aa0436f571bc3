"""The roster over HTTP: refusals are problem documents, nothing a client sends is a 500, lists are walked once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from support.roster import credit
from support.world import District

from shared.language.terms import Role, derived_id
from shared.language.traces import without_numbers
from shared.log.eventlog import head

NAUGHTY: list[str] = orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes())
DAY = "2026-08-01"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert CHINESE.search(document["title"]), document
    if code is not None:
        assert document["type"] == f"urn:guiren:problem:{code}"
    return document


async def the_district(client: httpx.AsyncClient) -> None:
    for code, name, kind, parent in (
        ("520502", "某区", "district", None),
        ("D01", "某局", "department", "520502"),
        ("T01", "某镇", "township", "520502"),
        ("D01-1", "某所", "branch", "D01"),
        ("T01-1", "某村", "village", "T01"),
    ):
        answer = await client.put(f"/units/{code}", json={"name": name, "kind": kind, "parent": parent, "on": DAY})
        assert answer.status_code == 201, answer.text


async def an_enterprise(client: httpx.AsyncClient, number: int = 1, **more: Any) -> dict[str, Any]:
    content = {"code": credit(number), "name": f"某某商贸有限公司{number}", "on": DAY, **more}
    answer = await client.put(f"/enterprises/{credit(number)}", json=content)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def test_who_does_not_sign_in_or_signs_in_badly_is_asked_to(district: District) -> None:
    await district.open()
    async with district.client() as client:
        good = client.headers["authorization"]
        head_, claims, mark = good.removeprefix("Bearer ").split(".")
        for bad in (
            "",
            "Bearer",
            "Bearer ",
            "Bearer x",
            "Bearer a.b.c",
            "Basic abc",
            good[:-4] + "AAAA",
            f"Bearer {head_}.{claims}.",
            f"Bearer {head_}.{claims[:-3]}.{mark}",
            "Bearer " + district.token(lifetime=-10),
            "Bearer " + district.token(iss="x"),
            "Bearer " + district.token(aud="x"),
            "Bearer " + district.token(Role.SYSTEM, account="system"),
        ):
            answer = await client.get("/units", headers={"Authorization": bad})
            assert_problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"
        assert (await client.get("/units")).status_code == 200


async def test_each_refusal_is_a_problem_document_with_its_status(district: District) -> None:
    service = await district.open()
    async with district.client() as office, district.client(service, Role.WORKER, unit="T01", account="w1") as worker:
        await the_district(office)
        item = await an_enterprise(office)
        at = f"/enterprises/{item['id']}"
        unit = {"name": "别名", "kind": "township", "parent": "520502", "on": DAY}
        assert_problem(await worker.put("/units/T09", json=unit), 403, "forbidden")
        assert_problem(await office.get("/units/T99"), 404, "unknown")
        assert_problem(await office.get(f"/enterprises/{derived_id('nobody')}"), 404, "unknown")
        assert_problem(await office.get("/nothing/here"), 404)
        assert_problem(await office.put("/units/T01", json=unit), 409)
        assert_problem(await office.put("/units/T08", json={**unit, "parent": "D01"}), 409, "wrong-parent")
        assert_problem(await office.post(f"{at}/amend", json={"address": "甲路"}), 428, "version-missing")
        stale = await office.post(f"{at}/amend", json={"address": "甲路"}, headers={"If-Match": '"9"'})
        assert assert_problem(stale, 412, "stale")["actual"] == 1
        for content in ({}, {**unit, "on": "昨天"}, {**unit, "kind": "village!"}, {**unit, "extra": 1}, [], "text", 7, None):
            document = assert_problem(await office.put("/units/T07", json=content), 422, "malformed")
            assert all(error["pointer"].startswith("/body") and error["code"] for error in document["errors"])
        key = {"Idempotency-Key": "k1"}
        assert (await office.post("/units/T01/rename", json={"name": "甲", "on": DAY}, headers=key)).status_code == 200
        again = await office.post("/units/T01/rename", json={"name": "乙", "on": DAY}, headers=key)
        assert_problem(again, 409, "key-reused")


async def test_what_the_framework_refuses_is_told_in_chinese_too(district: District) -> None:
    await district.open()
    async with district.client() as client:
        assert_problem(await client.delete("/units"), 405)
        for raw in (b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"name": NaN}', b'{"name": "\\ud800"}'):
            answer = await client.put("/units/T01", content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code in (400, 422), (raw[:20], answer.text)
            assert_problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "content",
    [
        {"name": "a\x00b"},
        {"name": "某\ud800"},
        {"document": "\udfff"},
        {"on": "0001-01-01"},
        {"on": "9999-12-31"},
        {"on": 10**30},
        {"name": "x" * 101},
        {"name": "x" * 1_000_000},
        {"name": {"$enc": "a1"}},
        {"name": ["a"] * 1000},
        {"parent": "520502\n"},
        {"parent": "\x00"},
    ],
    ids=lambda content: ascii(content)[:30],
)
async def test_odd_values_are_kept_or_refused_but_never_a_fault(district: District, content: dict[str, Any]) -> None:
    await district.open()
    async with district.client() as client:
        await the_district(client)
        command = {"name": "某", "kind": "township", "parent": "520502", "on": DAY, **content}
        raw = json.dumps(command)
        answer = await client.put("/units/T02", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 201 or assert_problem(answer, answer.status_code)
        assert answer.status_code < 500


async def test_a_body_nested_deeply_is_refused(district: District) -> None:
    await district.open()
    async with district.client() as client:
        for depth in (50, 300, 450, 700, 950, 5_000):
            for raw in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
                content = b'{"name":' + raw + b',"kind":"district","on":"2026-08-01"}'
                answer = await client.put("/units/T01", content=content, headers={"Content-Type": "application/json"})
                assert answer.status_code in (400, 422), (depth, answer.text[:200])


async def test_odd_personal_data_are_kept_or_refused_but_never_a_fault(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_district(client)
        token = {"$enc": "a1", "sub": str(derived_id("x")), "n": "AA==", "ct": "AA=="}
        for odd in (
            "",
            " ",
            "\x00",
            "\ud800",
            "王" * 30_000,
            7,
            None,
            [],
            {},
            token,
            {**token, "sub": "?"},
            "\u202e王",
            "王\n二",
        ):
            raw = json.dumps({"name": odd, "phone": odd, "unit": "T01", "role": "worker", "on": DAY})
            answer = await client.post("/members/w1/appoint", content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500, (odd, answer.text)
            assert answer.status_code == 200 or assert_problem(answer, answer.status_code)
            listed = await client.get("/members")
            assert listed.status_code == 200, (odd, listed.text)
    assert await head(service.pool) >= 5


async def test_odd_parameters_are_refused_but_never_a_fault(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_district(client)
        item = await an_enterprise(client)
        for address in (
            "/units?cursor=x",
            "/units?cursor=%00",
            "/units?cursor=%E6%9D%91",
            "/units?cursor=WyJcdTAwMDAiXQ==",
            "/units?cursor=W251bGxd",
            "/units?cursor=W1tdXQ==",
            "/units?cursor=MQ==",
            "/units?limit=0",
            "/units?limit=501",
            "/units?limit=1e9",
            "/units?kind=x",
            "/units?on=2026-02-30",
            "/units?on=9999-12-31",
            "/units?on=0001-01-01",
            "/units?parent=%00",
            "/units?parent=%27%3B--",
            "/enterprises?q=%00",
            "/enterprises?q=%25_%5C",
            "/enterprises?q=%FF",
            "/enterprises?unit=%00",
            "/enterprises?worker=x",
            "/units/%00",
            "/units/%E6%9D%91",
            "/units/..%2F..",
            "/calendar/1",
            "/calendar/2026/workdays?start=2026-08-01&workdays=401",
            "/calendar/2026/workdays?start=2026-12-31&workdays=400",
            "/calendar/2100/workdays?start=2100-12-31&workdays=400",
            f"/enterprises/{item['id']}/responsibility?on=9999-12-31",
            "/queues/unassigned",
            "/queues/unassigned?line=x",
            "/members?role=x",
            "/members?unit=%00",
            "/accounts/%00",
            "/enterprises/x",
        ):
            answer = await client.get(address)
            assert answer.status_code < 500, (address, answer.text)
            if answer.status_code != 200:
                assert_problem(answer, answer.status_code)
        for headers in (
            {"If-Match": "x"},
            {"If-Match": "9" * 40},
            {"If-Match": "-1"},
            {"If-Match": "*"},
            {"If-Match": "1" * 41},
            {"Idempotency-Key": "x" * 201},
            {"Idempotency-Key": "键".encode()},
            {"Idempotency-Key": b"\xff"},
            {"traceparent": "é".encode("latin-1")},
            {"X-Correlation-Id": "\t"},
            {"traceparent": "x" * 9000},
        ):
            content = {"name": "甲", "on": DAY}
            answer = await client.post("/units/T01/rename", json=content, headers=headers)  # type: ignore[arg-type]
            assert answer.status_code < 500, (headers, answer.text)


async def test_naughty_strings_come_back_byte_for_byte_or_are_refused(district: District) -> None:
    service = await district.open()
    async with district.client() as client:
        await the_district(client)
        item = await an_enterprise(client)
        at, version, kept = f"/enterprises/{item['id']}", item["version"], 0
        for number, text in enumerate(NAUGHTY):
            answer = await client.put(
                f"/units/N{number}", json={"name": text, "kind": "township", "parent": "520502", "on": DAY, "document": text}
            )
            assert answer.status_code in (201, 422), (text, answer.text)
            if answer.status_code == 201:
                kept += 1
                shown = (await client.get(f"/units/N{number}")).json()["name"]
                assert shown == without_numbers(text), "nobody's number stands in a public name (decision 33)"
            else:
                assert not text or len(text) > 100 or "\x00" in text
            if number % 2:
                continue
            free = {"address": text, "business_address": text, "business": text, "registrar": text[:100], "legal_person": text}
            answer = await client.post(f"{at}/amend", json=free, headers={"If-Match": f'"{version}"'})
            assert answer.status_code in (200, 422), (text, answer.text)
            if answer.status_code == 200:
                got = (await client.get(at)).json()
                version = got["version"]
                assert [got[name] for name in ("address", "business_address", "business")] == [without_numbers(text)] * 3
                kept += 1
        assert kept > len(NAUGHTY)
        listed = await client.get("/units", params={"kind": "township", "limit": 500})
        assert {row["name"] for row in listed.json()["items"]} <= {*map(without_numbers, NAUGHTY), "某镇"}
        for text in NAUGHTY[::5]:
            answer = await client.get("/enterprises", params={"q": text})
            assert answer.status_code in (200, 422), (text, answer.text)
    rows = await service.pool.fetch("select body from log.entry")
    assert all(orjson.dumps(orjson.loads(row["body"]), option=orjson.OPT_SORT_KEYS) == row["body"] for row in rows)


async def test_naughty_names_of_members_come_back_byte_for_byte_or_are_refused(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_district(client)
        names: dict[str, str] = {}
        for number, text in enumerate(NAUGHTY[::3]):
            content = {
                "name": text,
                "phone": text,
                "unit": "T01",
                "role": "informant",
                "on": DAY,
                "post": text[:100],
                "duty": text[:500],
            }
            answer = await client.post(f"/members/n{number}/appoint", json=content)
            assert answer.status_code in (200, 422), (text, answer.text)
            if answer.status_code == 200:
                names[f"n{number}"] = text
        listed = (await client.get("/members", params={"unit": "T01", "limit": 500})).json()["items"]
        assert {row["account"]: row["name"] for row in listed} == names
        assert {row["account"]: row["post"] for row in listed} == {account: text[:100] for account, text in names.items()}


async def test_paging_walks_every_item_once_in_order(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_district(client)
        codes = [f"T{n:03d}" if n % 2 else f"t-{n}" for n in range(43)]
        for code in codes:
            await client.put(f"/units/{code}", json={"name": code, "kind": "township", "parent": "520502", "on": DAY})
        for limit in (1, 7, 44, 45, 500):
            walked: list[str] = []
            cursor = None
            while True:
                answer = await client.get(
                    "/units", params={"kind": "township", "limit": limit, **({"cursor": cursor} if cursor else {})}
                )
                page = answer.json()
                assert page["total"] == 44
                assert len(page["items"]) <= limit
                walked += [item["code"] for item in page["items"]]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert walked == sorted([*codes, "T01"])


async def test_a_page_goes_on_where_it_was_while_others_write(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_district(client)
        for n in range(10, 30):
            await client.put(f"/units/T{n}", json={"name": "镇", "kind": "township", "parent": "520502", "on": DAY})
        first = (await client.get("/units", params={"kind": "township", "limit": 10})).json()
        for code in ("T00", "T99"):
            await client.put(f"/units/{code}", json={"name": "新", "kind": "township", "parent": "520502", "on": DAY})
        await client.post("/units/T25/rename", json={"name": "改", "on": DAY})
        rest = (await client.get("/units", params={"kind": "township", "limit": 100, "cursor": first["next_cursor"]})).json()
        walked = [item["code"] for page in (first, rest) for item in page["items"]]
        assert walked == ["T01", *(f"T{n}" for n in range(10, 30)), "T99"]


async def test_the_etag_is_the_version_and_if_match_holds_it(district: District) -> None:
    await district.open()
    async with district.client() as client:
        await the_district(client)
        made = await client.put(
            f"/enterprises/{credit(1)}", json={"code": credit(1), "name": "某某公司", "on": DAY, "phone": "13800001234"}
        )
        assert (made.status_code, made.headers["etag"]) == (201, '"1"')
        assert made.headers["guiren-position"] == f"roster:{made.json()['position']}"
        at = f"/enterprises/{made.json()['id']}"
        changed = await client.post(f"{at}/amend", json={"address": "甲路"}, headers={"If-Match": made.headers["etag"]})
        assert (changed.status_code, changed.headers["etag"], changed.json()["version"]) == (200, '"2"', 2)
        late = await client.post(f"{at}/amend", json={"address": "乙路"}, headers={"If-Match": made.headers["etag"]})
        assert_problem(late, 412, "stale")
        assert (await client.get(at)).json()["address"] == "甲路"
        assert (await client.get(at)).json()["phone"] == "138****1234"


async def test_a_repeated_request_gets_its_first_answer_again(district: District) -> None:
    service = await district.open()
    async with district.client() as client, district.client(service, Role.OFFICE, account="other") as other:
        await the_district(client)
        key = {"Idempotency-Key": "once"}
        first = await client.post("/units/T01/rename", json={"name": "甲", "on": DAY}, headers=key)
        await client.post("/units/T01/rename", json={"name": "乙", "on": DAY})
        again = await client.post("/units/T01/rename", json={"name": "甲", "on": DAY}, headers=key)
        assert again.json()["replayed"]
        assert (again.headers["etag"], again.json()["position"]) == (first.headers["etag"], first.json()["position"])
        theirs = await other.post("/units/T01/rename", json={"name": "丙", "on": DAY}, headers=key)
        assert theirs.json()["version"] == 4, "a key belongs to who sent it"
        repeated = await client.put("/units/T01", json={"name": "某镇", "kind": "township", "parent": "520502", "on": DAY})
        assert (repeated.status_code, repeated.headers["etag"]) == (200, '"1"')


async def test_the_catalogue_of_problems_is_served(district: District) -> None:
    await district.open()
    async with district.client() as client:
        codes = {item["code"]: item for item in (await client.get("/problems")).json()}
        assert codes["unit-exists"]["rule"]
        assert codes["stale"]["status"] == 412
        assert (await client.get("/livez")).json() == {"live": True}
        assert (await client.get("/readyz")).json()["ready"]
        assert "guiren_position" in (await client.get("/metrics")).text
        assert (await client.get("/openapi.json")).json()["openapi"].startswith("3.1")
