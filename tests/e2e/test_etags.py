"""A version that came through the gateway can be sent back through it, whatever the answer was packed in on its way.

Over every operation of every service's document that takes ``If-Match``; and one change of content, as a browser makes it.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.language.codes import make_code
from tests.e2e.instance import Instance

SERVICES = ("roster", "visits", "issues", "reporting")
CODINGS = ("identity", "gzip", "zstd", "gzip, deflate, br, zstd")
TAGS = ('"9"', "9", 'W/"9"', '"9-gzip"', '"9-zstd"', '"9-br"', 'W/"9-gzip"')


def test_a_version_comes_back_as_it_was_sent(instance: Instance) -> None:
    office = instance.settle_office()
    long = "说明" * 700  # Long enough that the gateway packs the answer.
    code = make_code("520502", "MAETAG01").text
    made = office.put(
        f"/api/roster/enterprises/{code}", json={"code": code, "name": "某某公司", "on": "2026-08-01", "business": long}
    )
    assert made.status_code == 201, made.text
    at, packed = f"/api/roster/enterprises/{made.json()['id']}", set[str]()
    for number, coding in enumerate(CODINGS):
        seen = office.get(at, headers={"Accept-Encoding": coding})
        packed.add(seen.headers.get("content-encoding", ""))
        assert seen.headers["etag"] == f'"{number + 1}"', "the gateway leaves a version as it is"
        changed = office.post(
            f"{at}/amend",
            json={"address": f"甲路{number}号"},
            headers={"If-Match": seen.headers["etag"], "Accept-Encoding": coding},
        )
        assert changed.status_code == 200, (coding, seen.headers["etag"], changed.text)
        stale = office.post(f"{at}/amend", json={"address": "乙路"}, headers={"If-Match": seen.headers["etag"]})
        assert stale.status_code == 412, stale.text
    assert {"gzip", "zstd"} <= packed


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_reads_every_form_of_a_version(instance: Instance, name: str) -> None:
    """None of them is malformed: what refuses is the rule, or that there is no such thing."""
    office = instance.settle_office()
    document: dict[str, Any] = office.get(f"/api/{name}/openapi.json").json()
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "if-match" not in {p["name"].lower() for p in operation.get("parameters", ())}:
                continue
            asked += 1
            for tag in TAGS:
                answer = sent(office, method, f"/api/{name}{path}", tag)
                pointers = {error["pointer"].lower() for error in answer.json().get("errors", ())}
                assert "/header/if-match" not in pointers, (method, path, tag, answer.text)
            answer = sent(office, method, f"/api/{name}{path}", '"nine"')
            assert "/header/If-Match" in {error["pointer"] for error in answer.json()["errors"]}, (method, path, answer.text)
    print(f"{name}: {asked} operations with If-Match")
    assert asked or not [p for p in document["paths"] if "/submit" in p]


def sent(office: httpx.Client, method: str, path: str, tag: str) -> httpx.Response:
    for part in ("{id_}", "{document}", "{key}", "{visit}", "{enterprise}", "{history}"):
        path = path.replace(part, "01890000-0000-7000-8000-000000000001")
    return office.request(method, path.replace("{", "").replace("}", ""), json={}, headers={"If-Match": tag})
