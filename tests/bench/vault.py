"""The vault: what sealing and opening a field costs over its socket, beside AES-GCM alone; and what it adds to a command."""

from __future__ import annotations

import os
import time
from statistics import median
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.language.openings import Opening
from shared.language.personal import Personal
from shared.log.vault import Vault
from tests.bench.figure import Figure, percentile
from tests.bench.ground import Ground

FIELDS, ROUNDS, SUBJECTS, COMMANDS = 5_000, 3, 1_000, 1_000
_TEXT = "19900000001"
_MOST_MS = 1.0


async def measure(ground: Ground) -> list[Figure]:
    """Seal and open fields of known subjects, and of new ones; all with a name's or a number's length."""
    async with ground.vault("roster") as vault:
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
            await vault.open(data, Opening.HANDLE)
            opening.append(FIELDS / (time.perf_counter() - began))
            bare.append(_bare())
        times = await _commands(vault, subjects)
    alone, slow = median(bare), percentile(times, 0.99)
    return [
        Figure(
            "vault seal", "fields sealed", median(sealing), "fields/s", alone, "AES-GCM alone", note=f"new subjects {new:,.0f}/s"
        ),
        Figure("vault open", "fields opened", median(opening), "fields/s", alone, "AES-GCM alone", note="of known subjects"),
        Figure(
            "vault command",
            "three texts opened and three sealed, as a command needs",
            median(times),
            "ms",
            goal=_MOST_MS,
            less_is_better=True,
            note=f"p99 {slow:.2f} ms",
        ),
    ]


async def _commands(vault: Vault, subjects: list[UUID]) -> list[float]:
    """The milliseconds that each of some commands spends with the vault: what was said is opened, what is said is sealed."""
    times: list[float] = []
    said = [Personal(_TEXT, subjects[0]) for _ in range(3)]
    await vault.seal(said)
    for n in range(COMMANDS):
        data = [Personal(_TEXT, subjects[n % SUBJECTS]) for _ in range(3)]
        began = time.perf_counter()
        await vault.open(said, Opening.HANDLE)
        await vault.seal(data)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _bare() -> float:
    """Encryptions a second with one key."""
    key, about, text = AESGCM(os.urandom(32)), UUID(int=0).bytes, _TEXT.encode()
    began = time.perf_counter()
    for _ in range(FIELDS):
        key.encrypt(os.urandom(12), text, about)
    return FIELDS / (time.perf_counter() - began)
