"""The transparency log against others' word: the published vectors, another library's tree, a note from Go's documentation."""

from __future__ import annotations

import base64
import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from shared.tlog import checkpoints, notes, tiles, tree
from shared.tlog.notes import BadNote, Cosigner, Ed25519Signer, Key, Note
from shared.tlog.tiles import Growing, Tile

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data/merkle.json").read_text(encoding="utf-8"))
LEAVES = [tree.leaf_hash(str(n).encode()) for n in range(70_000)]
SIZES = st.integers(1, len(LEAVES)) | st.integers(1, 600) | st.sampled_from([255, 256, 257, 65_535, 65_536, 65_537])


def grown(size: int, step: int = 10_007) -> tuple[Growing, dict[Tile, bytes]]:
    found, all_tiles = Growing(), dict[Tile, bytes]()
    for at in range(0, size, step):
        all_tiles |= found.extend(LEAVES[at : min(size, at + step)])
    return found, all_tiles


WHOLE = {tile: tiles.hashes_in(data) for tile, data in grown(len(LEAVES))[1].items()}


def hashes(told: list[str] | None) -> list[bytes]:
    return [base64.b64decode(each) for each in told or []]


@pytest.mark.parametrize("name", sorted(VECTORS["inclusion"]))
def test_published_inclusion(name: str) -> None:
    told = VECTORS["inclusion"][name]
    leaf, root = (base64.b64decode(told[each]) for each in ("leafHash", "root"))
    good = tree.included(told["leafIdx"], told["treeSize"], leaf, hashes(told["proof"]), root)
    assert good is not told["wantErr"], told["desc"]


@pytest.mark.parametrize("name", sorted(VECTORS["consistency"]))
def test_published_consistency(name: str) -> None:
    told = VECTORS["consistency"][name]
    one, other = (base64.b64decode(told[each]) for each in ("root1", "root2"))
    if told["desc"] == "sizes are equal (one) and proof is empty":
        one = other = sha256(one).digest()  # The vector's roots are no hashes, and we ask for hashes.
    good = tree.consistent(told["size1"], told["size2"], one, other, hashes(told["proof"]))
    assert good is not told["wantErr"], told["desc"]


def test_the_reference_tree() -> None:
    told = VECTORS["reference"]
    leaves = [tree.leaf_hash(bytes.fromhex(each)) for each in told["LeafInputs"]]
    roots = [growing_root(leaves[:size]) for size in range(len(leaves) + 1)]
    assert [root.hex() for root in roots] == told["RootHashes"]
    assert told["EmptyRootHash"] == tree.EMPTY.hex()


def growing_root(leaves: list[bytes]) -> bytes:
    found = Growing()
    for leaf in leaves:
        found.extend([leaf])
    return found.root()


@given(st.data())
def test_every_proof_from_tiles_is_good_and_nothing_else_is(data: Any) -> None:
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    spans = tree.inclusion(index, size)
    proof, root = tiles.hashes_of(WHOLE, spans), tiles.root_in(WHOLE, size)
    assert tree.included(index, size, LEAVES[index], proof, root)
    assert not tree.included(index, size, tree.leaf_hash(b"?"), proof, root)
    if size > 1:
        assert not tree.included(
            data.draw(st.integers(0, size - 1).filter(lambda n: n != index)), size, LEAVES[index], proof, root
        )
    old = data.draw(st.integers(1, size))
    going_on = tiles.hashes_of(WHOLE, tree.consistency(old, size))
    assert tree.consistent(old, size, tiles.root_in(WHOLE, old), root, going_on)
    assert not tree.consistent(old, size, tree.leaf_hash(b"?"), root, going_on)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=12))
def test_a_tree_goes_on_from_its_stored_frontier(steps: list[int]) -> None:
    """However it grew and however often it was read again, its tiles and roots are the same."""
    kept, at, found = dict[Tile, list[bytes]](), 0, Growing()
    for step in steps:
        found = Growing.read(at, {tile: kept[tile] for tile in tiles.frontier(at)})
        changed = found.extend(LEAVES[at : at + step])
        for tile, data in changed.items():
            assert tiles.hashes_in(data)[: len(kept.get(tile, ()))] == kept.get(tile, [])
            kept[tile] = tiles.hashes_in(data)
        at += step
        assert found.root() == tiles.root_in(WHOLE, at)
    assert all(hashes == WHOLE[tile][: tiles.width_at(tile, at)] for tile, hashes in kept.items())


@given(st.integers(1, 400), st.data())
def test_another_library_agrees(size: int, data: Any) -> None:
    """pymerkle grows the same roots, and verifies our proofs in its own way."""
    theirs = pymerkle.InmemoryTree.init_from_entries([str(n).encode() for n in range(size)], algorithm="sha256")
    assert theirs.get_root() == tiles.root_in(WHOLE, size)
    index = data.draw(st.integers(0, size - 1))
    told = theirs.prove_inclusion(index + 1, size)
    assert told.path[1:] == tiles.hashes_of(WHOLE, tree.inclusion(index, size))
    assert tree.included(index, size, told.path[0], told.path[1:], theirs.get_root())


def test_a_few_leaves_with_their_paths() -> None:
    for size in range(1, 40):
        root, paths = tree.with_paths(LEAVES[:size])
        assert root == tiles.root_in(WHOLE, size)
        assert paths == [tiles.hashes_of(WHOLE, tree.inclusion(index, size)) for index in range(size)]


@pytest.mark.parametrize(
    ("path", "is_"),
    [
        ("0/000", (0, 0, 256)),
        ("1/x001/x234/067", (1, 1_234_067, 256)),
        ("0/x001/234.p/5", (0, 1_234, 5)),
        ("entries/007.p/255", (None, 7, 255)),
    ],
)
def test_paths_of_tiles(path: str, is_: tuple[int | None, int, int]) -> None:
    assert tiles.read_path(path) == is_


@pytest.mark.parametrize(
    "path",
    ["", "0", "0/0", "0/1000", "0/001/002", "0/x01/002", "00/000", "-1/000", "6/000", "0/000.p/0", "0/000.p/256", "0/000.p/05",
     "0/000.p/", "0/x000/001", "leaves/000", "0/000/", "/000", "0/٣٣٣", "0/" + "x001/" * 400 + "001"],
)  # fmt: skip
def test_paths_of_nothing(path: str) -> None:
    with pytest.raises(tiles.NoTile):
        tiles.read_path(path)


def test_bundles() -> None:
    leaves = [b"", b"one", b"x" * 65_535]
    assert tiles.unbundled(tiles.bundle(leaves)) == leaves
    with pytest.raises(tiles.NoTile):
        tiles.unbundled(tiles.bundle(leaves)[:-1])


def by_hand(name: str, secret: bytes, text: str) -> tuple[str, str]:
    """A key and a note as C2SP's signed-note says their bytes are, with nothing of ours."""
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public = b"\x01" + private.public_key().public_bytes_raw()
    id_ = sha256(name.encode() + b"\n" + public).digest()[:4]
    signature = b64encode(id_ + private.sign(text.encode())).decode()
    return f"{name}+{id_.hex()}+{b64encode(public).decode()}", f"{text}\n— {name} {signature}\n"


VKEY, SAID = by_hand("example.org/log", b"n" * 32, "一行文字\nand another one.\n")
WRITER = Key.parse(VKEY)


def test_a_note_that_another_program_signed() -> None:
    note = notes.opened(SAID, [WRITER])
    assert str(note) == SAID
    assert str(WRITER) == VKEY


@given(st.integers(0, len(SAID) - 1), st.sampled_from("aB\n —="))
def test_no_sign_of_a_note_can_be_another(at: int, sign: str) -> None:
    told = SAID[:at] + sign + SAID[at + 1 :]
    if told == SAID:
        return
    with pytest.raises(BadNote):
        notes.opened(told, [WRITER])


LOG, WITNESS = Ed25519Signer("guiren/999000/roster", b"l" * 32), Cosigner("witness.example", b"w" * 32)


def test_a_checkpoint_with_its_witness() -> None:
    said = checkpoints.Checkpoint("guiren/999000/roster", 70_000, tiles.root_in(WHOLE, 70_000))
    note = notes.signed(str(said), [LOG])
    both = Note.parse(str(Note(note.text, (*note.lines, WITNESS.sign_at(note.text, 1_700_000_000)))))
    assert notes.signatures_of(both, [WITNESS.key]) == [WITNESS.key]
    assert notes.signatures_of(both, [LOG.key]) == [LOG.key], "lines of unknown keys are others' business"
    assert notes.time_of(both.lines[1]) == 1_700_000_000
    assert checkpoints.Checkpoint.parse(both.text) == said
    assert Key.parse(str(WITNESS.key)) == WITNESS.key
    moved = Note(both.text, (both.lines[0], notes.Line(WITNESS.name, WITNESS.key.id, b"\0" * 8 + both.lines[1].signature[8:])))
    with pytest.raises(BadNote):
        notes.signatures_of(moved, [WITNESS.key])


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "a\n01\nAAAA\n", "a\n1\nAAAA\n", "\n1\nAAAA\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "="],
)
def test_no_checkpoints(text: str) -> None:
    with pytest.raises(BadNote):
        checkpoints.Checkpoint.parse(text)
