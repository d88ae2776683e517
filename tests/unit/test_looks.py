"""How often the reconciler looks after a run."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.looks import MAX_LOOKS, is_given_up, pause_before_look
from traindrop.run import FINAL, Status

DAY = timedelta(days=1)


def test_the_pauses_double_from_ten_minutes_up_to_a_day() -> None:
    minutes = [pause_before_look(Status.IN_PROGRESS, looks) / timedelta(minutes=1) for looks in range(10)]
    assert minutes == [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]


def test_an_evaluation_is_given_twice_the_time() -> None:
    assert pause_before_look(Status.COMPLETED, 0) == timedelta(minutes=20)
    assert pause_before_look(Status.COMPLETED, 1) == timedelta(minutes=40)


@given(status=st.sampled_from(Status), looks=st.integers(0, 500))
def test_a_pause_never_gets_shorter_nor_longer_than_a_day(status: Status, looks: int) -> None:
    assert timedelta(0) < pause_before_look(status, looks) <= pause_before_look(status, looks + 1) <= DAY


@given(looks=st.integers(0, 1000))
def test_a_job_that_runs_is_looked_after_for_as_long_as_it_does(looks: int) -> None:
    assert not is_given_up(Status.IN_PROGRESS, looks)
    assert not is_given_up(Status.WAITING, looks)


@pytest.mark.parametrize("status", sorted(FINAL | {Status.COMPLETED}))
def test_what_traindrop_itself_does_not_get_done_is_given_up_after_days_and_no_sooner(status: Status) -> None:
    looks = [number for number in range(20) if is_given_up(status, number)]
    assert looks == list(range(MAX_LOOKS, 20))
    assert sum((pause_before_look(status, number) for number in range(MAX_LOOKS)), timedelta()) > 3 * DAY


def test_a_job_of_a_day_costs_no_more_than_eight_looks() -> None:
    passed, looks = timedelta(0), 0
    while (passed := passed + pause_before_look(Status.IN_PROGRESS, looks)) <= DAY:
        looks += 1
    assert looks <= 8
