"""What a training takes, before it is begun."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop import fitted_estimate
from traindrop.estimate import estimate, memory_terms, serial_terms, shared_terms
from traindrop.machines import LADDER, lambda_of
from traindrop.refitting import ENOUGH_ROWS
from traindrop.workload import Workload, workload

SMALL = Workload(train_bytes=50_000, test_bytes=0, rows=700, features=12, trees=1, rounds=100, depth=5)


def test_every_term_has_its_cost_and_no_cost_is_left_over() -> None:
    assert serial_terms(SMALL).keys() == fitted_estimate.SERIAL.keys()
    assert shared_terms(SMALL).keys() == fitted_estimate.SHARED.keys()
    assert memory_terms(SMALL).keys() == fitted_estimate.MEMORY.keys()


def test_a_small_file_takes_seconds_and_no_more_memory_than_the_libraries() -> None:
    found = estimate(SMALL)
    assert 0.5 < found.seconds(1) < 5
    assert 50e6 < found.memory < 150e6


MORE = st.sampled_from(["train_bytes", "test_bytes", "rows", "features", "trees", "rounds", "depth"])
WORKS = st.builds(
    Workload,
    train_bytes=st.integers(1, 10**10),
    test_bytes=st.integers(0, 10**9),
    rows=st.integers(1, 10**8),
    features=st.integers(1, 2000),
    trees=st.integers(1, 100),
    rounds=st.integers(1, 2000),
    depth=st.integers(1, 15),
)


@given(WORKS, MORE)
def test_more_of_anything_never_takes_less(work: Workload, more: str) -> None:
    larger = Workload(**{**vars(work), more: getattr(work, more) * 2})
    before, after = estimate(work), estimate(larger)
    if more not in {"train_bytes", "test_bytes"}:  # more bytes of the same rows and tests shift their share
        assert after.seconds(1) >= before.seconds(1)
    assert after.memory >= before.memory


@given(WORKS, st.sampled_from([0.5, 1, 1.7, 2, 4, 16]))
def test_more_processors_are_never_slower(work: Workload, vcpus: float) -> None:
    assert estimate(work).seconds(vcpus * 2) <= estimate(work).seconds(vcpus) * (1 + 1e-9)


@pytest.mark.parametrize(("classes", "trees"), [(0, 1), (2, 1), (3, 3), (7, 7)])
def test_each_of_three_and_more_classes_costs_a_tree_a_round(classes: int, trees: int) -> None:
    found = workload(train_bytes=1, test_bytes=0, rows=1, features=1, classes=classes, hyperparameters={})
    assert found.trees == trees


def test_what_is_not_said_is_the_scripts_default_and_a_refit_is_a_second_fit() -> None:
    rest = {"train_bytes": 1, "test_bytes": 0, "rows": 1, "features": 1, "classes": 2}
    assert workload(**rest, hyperparameters={}).rounds == 100
    assert [workload(**rest | {"rows": rows}, hyperparameters={}).fits for rows in (1, ENOUGH_ROWS)] == [2, 1]
    assert workload(**rest | {"rows": ENOUGH_ROWS}, hyperparameters={"refit": True}).fits == 2
    once = workload(**rest, hyperparameters={"refit": False, "num_round": 7, "max_depth": 3})
    assert (once.fits, once.rounds, once.depth) == (1, 7, 3)


def test_the_ladder_climbs() -> None:
    sizes = [(machine.vcpus, machine.memory) for machine in LADDER]
    assert sizes == sorted(sizes)


def test_a_function_of_1769_megabytes_has_one_processor() -> None:
    assert lambda_of(1769).vcpus == 1
    assert lambda_of(1769).memory == 1769 * 1024**2
