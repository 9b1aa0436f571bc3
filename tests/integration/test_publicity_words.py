"""What people write of consultations, publicity, materials and surveys comes back byte for byte, whatever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
from support.scene import a_scene
from support.world import District

from shared.language.numbers import numbers

NAUGHTY: list[str] = [
    text
    for text in orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes())
    if text and "\x00" not in text and not any(numbers(text))  # What may be a telephone's number is masked, in any script.
]


async def test_naughty_strings_come_back_as_they_were_typed(district: District) -> None:
    async with a_scene(district, 1) as scene:
        visit, plan, thing, due = await scene.visit(1), f"/campaigns/{uuid4()}", f"/materials/{uuid4()}", "2026-09-20"
        mine = str(scene.members["T01-worker1"])
        async with scene.who("T01-worker1") as worker, scene.who("T01-head") as head, scene.who("office") as office:
            campaign = {
                "unit": "T01",
                "title": "方案",
                "content": "\n".join(NAUGHTY)[:5_000],
                "starts": due,
                "ends": due,
                "targets": [text[:200] for text in NAUGHTY[:20]],
            }
            made = await worker.put(plan, json=campaign)
            assert made.status_code == 201, made.text
            assert {name: made.json()[name] for name in campaign} == campaign
            await head.post(f"{plan}/approve", json={"note": NAUGHTY[0][:500]})
            await worker.put(thing, json={"unit": "T01", "kind": "slogan", "title": "标语"})
            for start in range(0, len(NAUGHTY), 20):
                some = NAUGHTY[start : start + 20]
                decisions = [{"content": text[:500], "unit": "T01", "member": mine, "due": due} for text in some]
                content: dict[str, Any] = {
                    "unit": "T01",
                    "on": "2026-09-15",
                    "place": some[0][:100],
                    "title": some[-1][:100],
                    "participants": [mine],
                    "visits": [str(visit)],
                    "minutes": "\n".join(some)[:10_000],
                    "decisions": decisions,
                }
                at = f"/consultations/{uuid4()}"
                assert (await worker.put(at, json=content)).status_code == 201
                told = (await head.get(at)).json()
                assert [task["content"] for task in told["tasks"]] == [item["content"] for item in decisions]
                assert {name: told[name] for name in ("place", "title", "minutes")} == {
                    n: content[n] for n in ("place", "title", "minutes")
                }
            for text in NAUGHTY[:60]:
                version = await worker.post(f"{thing}/add-version", json={"text": text})
                assert version.status_code == (200 if text.strip() else 422)
                if text.strip():
                    assert version.json()["versions"][-1]["text"] == text
                title, at = text[:100], f"/surveys/{uuid4()}"
                assert (await office.put(at, json={"title": title})).json()["title"] == title


async def test_nothing_a_client_sends_is_our_mistake(district: District) -> None:
    async with a_scene(district, 1) as scene:
        some = uuid4()
        async with scene.who("office-head") as client:
            bodies: list[Any] = [
                {},
                [],
                None,
                "x",
                {"unit": "T01\x00"},
                {"answers": []},
                {"no": 10**30},
                {"text": "\ud800"},
                {"on": "9999-12-31"},
            ]
            for path in (
                f"/consultations/{some}/confirm",
                f"/consultations/{some}/decide",
                f"/consultations/{some}/fulfil",
                f"/campaigns/{some}/revise",
                f"/campaigns/{some}/launch",
                f"/campaigns/{some}/publish",
                f"/campaigns/{some}/check-link",
                f"/materials/{some}/add-version",
                f"/materials/{some}/approve",
                f"/materials/{some}/use",
                f"/distributions/{some}/withdraw",
                f"/surveys/{some}/answer",
                f"/surveys/{some}/close",
            ):
                for body in bodies:
                    answer = await client.post(path, content=ascii_json(body), headers={"Content-Type": "application/json"})
                    assert answer.status_code in (404, 422, 428), (path, body, answer.text)
            for path in ("consultations", "campaigns", "materials", "distributions", "surveys"):
                for body in bodies:
                    answer = await client.put(
                        f"/{path}/{some}", content=ascii_json(body), headers={"Content-Type": "application/json"}
                    )
                    assert answer.status_code == 422, (path, body, answer.text)
                assert (await client.get(f"/{path}/{some}")).status_code in (404, 405)
            assert (await client.post(f"/surveys/{some}/answers/import", content=b"\x00\xff,\n")).status_code == 422
            await all_refused(
                client,
                "/plan?worker=nobody",
                "/plan?worker=%00",
                "/plan?unit=T01&worker=T01-head",
                "/plan?unit=ZZ",
                "/plan?month=2026-00",
                "/plan/forecast",
                "/plan/forecast?unit=%E4%B8%AD",
                "/plan/uncovered?unit=ZZ",
                "/distribution?month=x",
                "/awareness?month=2026-13",
                f"/awareness?month=2026-09&survey={some}",
                "/consultations?cursor=x",
                "/channels?channel=x",
                "/materials?limit=0",
                "/consultations/agenda?unit=ZZ",
                "/surveys?cursor=WzFd",
                "/campaigns?cursor=%00",
            )


async def all_refused(client: httpx.AsyncClient, *paths: str) -> None:
    for path in paths:
        answer = await client.get(path)
        assert 400 <= answer.status_code < 500, (path, answer.status_code, answer.text)


def ascii_json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()
