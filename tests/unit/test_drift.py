"""Distances of two samples against scipy's, and their limits against what chance makes."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from traindrop import drift

SAMPLE = st.lists(st.integers(-5, 5) | st.floats(-10, 10), min_size=1, max_size=50).map(np.array)
COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=20).map(
    lambda pairs: [(1, 1), *pairs]
)


@given(SAMPLE, SAMPLE)
def test_the_distance_of_two_samples_is_scipys(first: drift.Values, second: drift.Values) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of its p-value, which is not looked at
        expected = stats.ks_2samp(first, second, method="asymp").statistic
    assert drift.kolmogorov_smirnov(first, second) == pytest.approx(expected, abs=1e-12)


@given(COUNTS)
def test_the_total_variation_is_half_of_scipys_city_block_distance(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs, dtype=float).T
    expected = distance.cityblock(first / first.sum(), second / second.sum()) / 2
    assert drift.total_variation(first.tolist(), second.tolist()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("rows", "others"), [(800, 179), (5000, 5000), (60, 12)])
def test_the_limit_of_the_distance_is_where_scipys_p_value_is_the_chance(rows: int, others: int) -> None:
    limit = drift.kolmogorov_smirnov_limit(rows, others, 0.01)
    effective = rows * others / (rows + others)
    assert stats.kstwobign.sf(limit * effective**0.5) == pytest.approx(0.01, rel=0.01)


@pytest.mark.parametrize("categories", [1, 2, 10, 100])
@pytest.mark.parametrize(("rows", "others"), [(800, 179), (3000, 3000), (300, 12)])
def test_counts_of_one_distribution_exceed_the_limit_no_more_often_than_it_says(
    categories: int, rows: int, others: int
) -> None:
    random = np.random.default_rng([categories, rows])
    shares = random.dirichlet(np.ones(categories + 1))
    beyond = 0
    for _ in range(500):
        counts = [random.multinomial(each, shares).tolist() for each in (rows, others)]
        beyond += drift.total_variation(*counts) > drift.total_variation_limit(counts[0], counts[1], 0.05)
    assert beyond / 500 <= 0.08
