"""The vault: what sealing and opening a field costs, beside AES-GCM alone in the same run."""

from __future__ import annotations

import os
import time
from statistics import median
from uuid import UUID, uuid4

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.vault import Personal, Vault
from tests.bench.figure import Figure
from tests.bench.ground import PREFIX, Ground

FIELDS, ROUNDS, SUBJECTS = 5_000, 3, 1_000
_TEXT = "19900000001"


async def measure(ground: Ground) -> list[Figure]:
    """Seal and open fields of known subjects, and of new ones; all with a name's or a number's length."""
    pool = await asyncpg.create_pool(
        host="127.0.0.1", port=ground.home.port("postgres"), database=f"{PREFIX}guiren_vault", user="vault",
        password=ground.home.secret("vault"), min_size=1, max_size=2,
    )  # fmt: skip
    try:
        vault = Vault(pool, bytes(32))
        subjects = [uuid4() for _ in range(SUBJECTS)]
        first = time.perf_counter()
        await vault.seal([Personal(_TEXT, subject) for subject in subjects])
        new = SUBJECTS / (time.perf_counter() - first)
        sealing: list[float] = []
        opening: list[float] = []
        bare: list[float] = []
        for _ in range(ROUNDS):
            data = [Personal(_TEXT, subjects[n % SUBJECTS]) for n in range(FIELDS)]
            began = time.perf_counter()
            await vault.seal(data)
            sealing.append(FIELDS / (time.perf_counter() - began))
            began = time.perf_counter()
            await vault.open(data)
            opening.append(FIELDS / (time.perf_counter() - began))
            bare.append(_bare())
        alone = median(bare)
        return [
            Figure(
                "vault seal",
                "fields sealed",
                median(sealing),
                "fields/s",
                alone,
                "AES-GCM alone",
                note=f"new subjects {new:,.0f}/s",
            ),
            Figure("vault open", "fields opened", median(opening), "fields/s", alone, "AES-GCM alone", note="of known subjects"),
        ]
    finally:
        await pool.close()


def _bare() -> float:
    """Encryptions a second with one key."""
    key, about, text = AESGCM(os.urandom(32)), UUID(int=0).bytes, _TEXT.encode()
    began = time.perf_counter()
    for _ in range(FIELDS):
        key.encrypt(os.urandom(12), text, about)
    return FIELDS / (time.perf_counter() - began)
