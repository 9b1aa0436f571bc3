"""While the vault is away nobody gets half a paper: a file that people keep and hand on is whole, or refused with a sentence."""

from __future__ import annotations

import io
import zipfile

from support.filling import a_whole_district
from support.matrix import Answer, Asked, Matrix, Operation, asked, operations
from support.world import World

from shared.language.personal import AWAY

READERS = ("office-head", "office", "h", "l", "w", "inspector", "hotline")


def texts(body: bytes, without: str = "") -> bytes:
    """A file as text: the members of a workbook or package, or its bytes. ``without`` is a member that is passed over."""
    if body[:2] != b"PK":
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        return b"\n".join(texts(file.read(name)) for name in file.namelist() if name != without)


def makes_files(operation: Operation) -> bool:
    """Whether its document says that it answers something else than JSON and events."""
    kinds = operation.told["responses"].get("200", {}).get("content", {})
    return (
        operation.method == "GET" and not operation.public and any("json" not in kind and "event" not in kind for kind in kinds)
    )


def is_a_file(answer: Answer) -> bool:
    return answer.status == 200 and answer.body[:1] not in (b"{", b"[") and bool(answer.body)


async def test_every_file_is_whole_or_refused(world: World) -> None:
    async with a_whole_district(world) as whole:
        made = Matrix(whole)
        files: dict[tuple[str, str], tuple[Asked, Answer]] = {}
        for service, app in whole.apps.items():
            for operation in operations({service: app}):
                for one in asked(whole, operation) if makes_files(operation) else ():
                    for account in READERS:
                        answer = await made.answer(one, account)
                        if is_a_file(answer):
                            files[service + one.target, account] = (one, answer)
                            break
        assert len(files) > 8, sorted(files)
        await whole.district.away()
        refused, half = 0, list[str]()
        for (target, account), (one, _) in files.items():
            answer = await made.answer(one, account)
            refused += answer.status == 503 and b"urn:guiren:problem:vault-away" in answer.body
            if answer.status not in (200, 503) or AWAY.encode() in texts(answer.body):
                half.append(f"{target} {account}: {answer.status}")
        assert not half
        assert refused, "some of them name people"
        await whole.district.vault()
        for (target, account), (one, before) in files.items():
            answer = await made.answer(one, account)
            assert (answer.status, answer.body[:4]) == (before.status, before.body[:4]), target
