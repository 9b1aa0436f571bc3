"""A register of 60,000 rows, a quarter of them enterprises, imported over HTTP; then the question who is responsible.

Beside the import stands a bare ``COPY`` of the enterprises' rows, without rules, facts or seals. Beside the question, which
goes through the gateway and names units and people too, a bare ``SELECT`` of the enterprise and its assignments straight
from PostgreSQL. All in the same run.
"""

from __future__ import annotations

import csv
import io
import random
import time
from collections.abc import Iterator
from statistics import median
from typing import Any
from uuid import UUID

import httpx
import orjson

from shared.language.codes import make_code
from shared.language.terms import derived_id
from tests.bench.figure import Figure, percentile
from tests.bench.grid import lay, office
from tests.bench.ground import Ground
from tests.bench.wire import Wire

ROWS, SHARE, ASKED, ROUNDS = 60_000, 4, 1_000, 3
"""One row in four is an enterprise's (choices.md: the rest are 个体工商户 and 农民专业合作社)."""
_HEADERS = (
    "统一社会信用代码",
    "企业名称",
    "企业类型",
    "登记状态",
    "成立日期",
    "注册资本",
    "法定代表人",
    "住所",
    "行业代码",
    "联系电话",
)
_TOWNS = tuple(f"52050210{n}" for n in range(8))
_LETTERS = "ABCDEFGHJKLMNPQRTUWXY"
_DAY = "2026-09-01"


def rows() -> Iterator[tuple[str, ...]]:
    """The extract; the same one every time."""
    for n in range(ROWS):
        number = f"MB{n:06d}"
        if n % SHARE:
            prefix, kind = ("93", "农民专业合作社") if n % 40 == 1 else ("92", "个体工商户")
            yield (make_code("520502", number, prefix).text, f"测试{n}号商店", kind, "存续", *[""] * 6)
            continue
        town = _LETTERS[(n // SHARE) % len(_TOWNS)]
        yield (
            make_code("520502", number).text,
            f"毕节测试{n}号建材有限公司",
            "有限责任公司",
            "存续",
            "2016-03-01",
            "55.5万元人民币",
            "甄测试",
            f"七星关区测试{town}街道测试路{n}号",
            "F5211",
            "8222222",
        )


def extract() -> bytes:
    """As a file."""
    text = io.StringIO()
    csv.writer(text).writerows([_HEADERS, *rows()])
    return text.getvalue().encode()


async def measure(ground: Ground) -> list[Figure]:
    """The import, and then the look-ups on what it brought."""
    await lay(ground)
    await _grid(ground)
    content = extract()
    began = time.perf_counter()
    result = await _import(ground, content)
    took = time.perf_counter() - began
    judged_from = time.perf_counter()
    await _import(ground, content)  # The same file again: judged and compared, and nothing written.
    again = time.perf_counter() - judged_from
    bare = await _copy(ground)
    said = f"{result['registered']:,} of {result['rows']:,} rows registered in {took:.1f} s; again {again:.1f} s"
    return [
        Figure(
            "import",
            f"{ROWS:,} rows, {100 // SHARE} % enterprises",
            ROWS / took,
            "rows/s",
            ROWS / bare,
            "rows/s parsed, their enterprises COPYed",
            note=said,
        ),
        *await _lookups(ground),
    ]


async def _grid(ground: Ground) -> None:
    wire = Wire("127.0.0.1", ground.port, office(ground))
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", f"/units/{code}", {"name": f"测试{_LETTERS[n]}街道", "kind": "township", "parent": "520502", "on": _DAY})
        for n, code in enumerate(_TOWNS)
    ]
    bodies.append(("PUT", "/units/D-bench", {"name": "测试局", "kind": "department", "parent": "520502", "on": _DAY}))
    bodies.append(("PUT", "/mapping/industries", {"entries": {"52": "D-bench"}, "on": _DAY}))
    for method, path, body in bodies:
        await wire.ask(method, f"/api/roster{path}", orjson.dumps(body))
    wire.close()


async def _import(ground: Ground, content: bytes) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {office(ground)}", "Content-Type": "text/csv"}
    async with httpx.AsyncClient(timeout=600, headers=headers) as client:
        answer = await client.post(
            f"http://127.0.0.1:{ground.port}/api/roster/imports", params={"apply": "true", "name": "bench.csv"}, content=content
        )
    last = orjson.loads(answer.text.strip().rsplit("\n", 1)[-1])
    if "result" not in last:
        raise RuntimeError(answer.text[-400:])
    return last["result"]


async def _copy(ground: Ground) -> float:
    """The same file parsed and its enterprises' rows copied into a table without rules; the median of three."""
    times: list[float] = []
    content = extract()
    async with ground.pool("roster", 1, prefix="") as pool, pool.acquire() as connection:
        await connection.execute("create table if not exists view.bench_bare (code text primary key, body text[] not null)")
        for _ in range(ROUNDS):
            await connection.execute("truncate view.bench_bare")
            began = time.perf_counter()
            read = list(csv.reader(io.StringIO(content.decode())))[1:]
            wanted = [(row[0], row) for row in read if row[0][:2] == "91"]
            await connection.copy_records_to_table("bench_bare", schema_name="view", records=wanted, columns=["code", "body"])
            times.append(time.perf_counter() - began)
        await connection.execute("drop table view.bench_bare")
    return median(times)


async def _lookups(ground: Ground) -> list[Figure]:
    """``GET /enterprises/{id}/responsibility`` one after the other, and the rows it reads by one bare SELECT each."""
    chance = random.Random(5)
    ids = [derived_id("enterprise", make_code("520502", f"MB{n:06d}").text) for n in range(0, ROWS, SHARE)]
    chosen = chance.sample(ids, ASKED)
    wire = Wire("127.0.0.1", ground.port, office(ground))
    ours, bare = list[float](), list[float]()
    async with ground.pool("roster", 1, prefix="") as pool:
        register = await pool.fetchval("select count(*) from enterprise")
        for _ in range(ROUNDS):
            ours += await _timed(chosen, lambda id_: wire.ask("GET", f"/api/roster/enterprises/{id_}/responsibility?on={_DAY}"))
            bare += await _timed(
                chosen,
                lambda id_: pool.fetch(
                    "select e.*, a.* from enterprise e left join assignment a on a.enterprise = e.id where e.id = $1", id_
                ),
            )
    wire.close()
    return [
        Figure(
            f"responsibility-p{share * 100:.0f}",
            f"who is responsible, {register:,} enterprises",
            percentile(ours, share) * 1000,
            "ms",
            percentile(bare, share) * 1000,
            "ms bare SELECT, no HTTP",
            less_is_better=True,
        )
        for share in (0.5, 0.99)
    ]


async def _timed(ids: list[UUID], ask: Any) -> list[float]:
    times: list[float] = []
    for id_ in ids:
        began = time.perf_counter()
        await ask(id_)
        times.append(time.perf_counter() - began)
    return times
