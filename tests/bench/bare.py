"""The bare endpoints: FastAPI and asyncpg, one insert, or one file with an fsync; nothing else. ``python -m tests.bench.bare``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from anyio.to_thread import run_sync
from fastapi import Body, FastAPI, Request


@contextlib.asynccontextmanager
async def _life(app: FastAPI) -> AsyncGenerator[None, None]:
    async with asyncpg.create_pool(os.environ["BENCH_DSN"], min_size=2, max_size=12) as pool:
        await pool.execute(
            "create schema if not exists bare; create table if not exists bare.visit (id uuid primary key, body bytea not null)"
        )
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_life)


@app.put("/visits/{id_}", status_code=201)
async def record(id_: UUID, body: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    await app.state.pool.execute("insert into bare.visit (id, body) values ($1, $2)", id_, orjson.dumps(body))
    return {"id": id_, **body}


@app.put("/files/{id_}", status_code=201)
async def keep(id_: UUID, request: Request) -> dict[str, int]:
    body = await request.body()
    await run_sync(_written, Path(os.environ["BENCH_FILES"]) / str(id_), body)
    return {"size": len(body)}


def _written(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), log_level="warning", access_log=False)
