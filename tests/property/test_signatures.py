"""What shows who wrote an entry fits that entry, at that place, in that log, and nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.log.eventlog import Entry
from shared.log.signatures import Forged, Signatures

SEEDS = {name: os.urandom(32) for name in ("roster", "visits")}
PUBLIC = {name: [Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()] for name, seed in SEEDS.items()}
OURS = Signatures("520502", PUBLIC, SEEDS["roster"])

FIELDS = {
    "pos": st.integers(1, 2**40),
    "rec_us": st.integers(0, 2**50),
    "stream": st.text("abc/-0123", min_size=1, max_size=20),
    "version": st.integers(1, 500),
    "type": st.text("abc.-v1", min_size=1, max_size=20),
    "body": st.binary(max_size=60),
    "rest": st.integers(0, 60),
}
ENTRIES = st.builds(Entry, **FIELDS)


def signed(entries: list[Entry], by: Signatures = OURS, service: str = "roster") -> list[Entry]:
    return [replace(entry, proof=proof) for entry, proof in zip(entries, by.proofs(service, entries), strict=True)]


def fits(entry: Entry, signatures: Signatures | None = None, service: str = "roster") -> bool:
    try:
        (signatures or Signatures("520502", PUBLIC)).check(service, entry)
    except Forged:
        return False
    return True


@given(st.lists(ENTRIES, min_size=1, max_size=70))
@settings(max_examples=40)
def test_every_entry_of_every_batch_is_checked_by_itself(entries: list[Entry]) -> None:
    assert all(fits(entry) for entry in signed(entries))


@given(st.lists(ENTRIES, min_size=1, max_size=20), st.data())
def test_nothing_about_a_signed_entry_can_be_changed(entries: list[Entry], data: Any) -> None:
    entry = signed(entries)[data.draw(st.integers(0, len(entries) - 1))]
    field = data.draw(st.sampled_from(sorted(FIELDS)))
    other = data.draw(FIELDS[field].filter(lambda value: value != getattr(entry, field)))
    known = Signatures("520502", PUBLIC)
    assert fits(entry, known), "and what has just been found good vouches for nothing else"
    assert not fits(replace(entry, **{field: other}), known)


@given(st.lists(ENTRIES, min_size=1, max_size=20), st.data())
def test_nothing_about_a_proof_can_be_changed(entries: list[Entry], data: Any) -> None:
    entry = signed(entries)[data.draw(st.integers(0, len(entries) - 1))]
    proof = bytearray(entry.proof)
    proof[data.draw(st.integers(0, len(proof) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not fits(replace(entry, proof=bytes(proof)))
    assert not fits(replace(entry, proof=entry.proof[: data.draw(st.integers(0, len(entry.proof) - 1))]))
    assert not fits(replace(entry, proof=entry.proof + data.draw(st.binary(min_size=1, max_size=70))))


@given(st.lists(ENTRIES, min_size=2, max_size=2, unique_by=lambda entry: entry.leaf))
def test_one_entrys_proof_fits_no_other(entries: list[Entry]) -> None:
    one, other = signed(entries)
    assert not fits(replace(one, proof=other.proof))


@given(ENTRIES)
def test_no_other_service_and_no_other_district_can_sign_for_this_one(entry: Entry) -> None:
    assert not fits(signed([entry], Signatures("520502", PUBLIC, SEEDS["visits"]))[0]), "visits signs as the roster"
    assert not fits(signed([entry], Signatures("520502", PUBLIC, SEEDS["visits"]), "visits")[0])
    assert not fits(signed([entry], Signatures("520503", PUBLIC, SEEDS["roster"]))[0])
    assert not fits(signed([entry])[0], service="visits")
    assert not fits(signed([entry])[0], service="nobody")
    assert not fits(entry)


def test_what_a_key_signed_stays_signed_after_another_has_followed_it() -> None:
    entry = Entry(1, 1, "probe/1", 1, "roster.unit-renamed.v1", b"{}")
    newer = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert fits(signed([entry])[0], Signatures("520502", {"roster": [newer, *PUBLIC["roster"]]}))
    with pytest.raises(Forged, match="第 1 条没有该服务的有效签名"):
        Signatures("520502", {"roster": [newer]}).check("roster", signed([entry])[0])
