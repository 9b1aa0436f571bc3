"""A file that people take away (workbook, paper, package, table) holds nobody's telephone number in clear and no sealed text as it
is kept (but for the facts of a package), whoever of those who see masked data asks for it.

The routes that make files are found in the documents, as in ``test_half_papers``. Numbers are planted where they belong (the
fields of enterprises and visits) and where somebody may type them (what is written about a visit and a demand).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from support.filling import a_whole_district
from support.matrix import Matrix, asked, operations
from support.whole import DAY, named
from support.world import World
from test_half_papers import READERS, is_a_file, makes_files, texts

from services.issues.documents import forms, package
from services.roster.documents import plaque
from shared.paper import prints

PLANTED = ("13911112222", "１３９１１１１３３３３", "0857-8444555")
FIELDS = ("19900000001", *(f"1990000001{number}" for number in range(1, 4)))
SEALED = re.compile(r"\$\{a1\.|sub:[0-9a-f]{8}-|\"sub\": ?\"")


TIMELINE = "timeline.jsonl"
"""A ticket's package holds its facts byte for byte, sealed as they are: their leaf hashes are the log's."""


def numbers(text: str) -> list[str]:
    """Those of it that were planted."""
    return [number for number in (*PLANTED, *FIELDS) if number in text]


def test_the_search_sees_a_number_and_a_seal() -> None:
    assert numbers("致电13911112222") and not numbers("199****0001")
    assert SEALED.search("${a1.0123") and SEALED.search("sub:5f76178e-7611") and not SEALED.search("199****0001")


async def test_no_file_tells_a_number_or_a_seal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    made_by = prints.pdf

    def pdf(text: str, told: Any, *more: Any, **named_: Any) -> Any:
        printed.append(json.dumps(told, ensure_ascii=False, default=str))
        return made_by(text, told, *more, **named_)

    for module in (package, forms, plaque):
        monkeypatch.setattr(module, "pdf", pdf)
    async with a_whole_district(world) as whole:
        words = ";".join(f"联系{number}" for number in PLANTED)
        visit = {
            "enterprise": whole.enterprises[0],
            "on": DAY,
            "mode": "phone",
            "note": f"经营正常,{words}",
            "difficulties": words,
            "suggestions": words,
            "interviewee": "李四",
            "phone": "19900000001",
            "claimed_at": f"{DAY}T10:00:00+08:00",
            "connected_seconds": 300,
            "demands": [{"no": 1, "content": f"融资困难,{words}", "category": "finance"}],
        }
        await whole.do("visits", "w", "PUT", f"/visits/{named('planted')}", visit)
        await whole.level()
        made, wrong, kinds = Matrix(whole), list[str](), set[bytes]()
        files = planted = 0
        for service, app in whole.apps.items():
            for operation in operations({service: app}):
                for one in asked(whole, operation) if makes_files(operation) else ():
                    for account in READERS:
                        printed.clear()
                        answer = await made.answer(one, account)
                        if not is_a_file(answer):
                            continue
                        files += 1
                        kinds.add(answer.body[:2])
                        told = texts(answer.body).decode("utf-8", "replace") + "".join(printed)
                        shown = texts(answer.body, without=TIMELINE).decode("utf-8", "replace") + "".join(printed)
                        planted += "139****2222" in told
                        amiss = [*numbers(told), *SEALED.findall(shown)]
                        wrong += [f"{service} {one.target} {account}: {what}" for what in amiss]
        assert not wrong
        assert files > 20 and {b"PK", b"%P"} <= kinds
        assert planted, "what was planted is there, masked"
