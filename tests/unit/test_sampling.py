"""The sample that anybody can draw again, and the estimate of K8."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from services.visits.domain.sampling import Member, allocate, digest, draw, needed
from shared.language.estimate import Counted, estimate, merged


def test_the_golden_estimate_of_kpi_9() -> None:
    found = estimate([Counted(20_000, 200, 150), Counted(8_000, 100, 90), Counted(2_000, 80, 76)])
    assert found is not None
    assert (found.pct, found.low, found.high) == ("80.33", "76.03", "84.63")


def test_the_golden_sizes_of_kpi_6() -> None:
    assert [needed(n) for n in (10**9, 30_000, 2_000, 500, 100, 1, 0)] == [385, 380, 323, 218, 80, 1, 0]


def test_a_stranger_draws_the_same_sample_from_the_docstring_alone() -> None:
    population = [Member("T01", "small", f"91{n:016d}") for n in range(50)]
    mine = draw(population, "seed", 10)[0].sample
    lots = sorted((sha256(f"seed|T01|small|91{n:016d}".encode()).hexdigest(), f"91{n:016d}") for n in range(50))
    assert list(mine) == [code for _, code in lots[:10]]
    assert digest(population) == sha256("".join(f"T01|small|91{n:016d}\n" for n in range(50)).encode()).hexdigest()
    assert draw(population, "other", 10)[0].sample != mine


@given(
    st.dictionaries(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz")), st.integers(1, 500), min_size=1),
    st.integers(10, 900),
)
def test_shares_fit_their_strata(sizes: dict[tuple[str, str], int], wanted: int) -> None:
    shares = allocate(sizes, wanted)
    assert all(min(2, size) <= shares[key] <= size for key, size in sizes.items())
    assert sum(shares.values()) >= min(wanted, sum(sizes.values()))
    assert sum(shares.values()) <= min(wanted, sum(sizes.values())) + 2 * len(sizes)


def test_strata_without_answers_join_their_neighbour() -> None:
    found, joined = merged([Counted(10, 0, 0), Counted(20, 4, 2), Counted(5, 1, 1)])
    assert (found, joined) == ([Counted(35, 5, 3)], 2)
    assert merged([Counted(1, 1, 1)]) == ([Counted(1, 1, 1)], 0)
    assert estimate([Counted(10, 0, 0)]) is None


def test_a_census_has_no_error() -> None:
    found = estimate([Counted(4, 4, 3)])
    assert found is not None
    assert (found.pct, found.low, found.high) == ("75.00", "75.00", "75.00")
