"""The part of `make simulate` that runs each time."""

import pytest
from tests.contract.template import FUNCTIONS
from tests.simulation.one_upload import STORIES, Case, crash_points, play_one
from tests.simulation.outcome import Outcome, play_case, play_seed, replay

SEEDS = 60
# Every so many of the crash points, so that each story has its share.
STEP = 12
# A tuning has many calls.
STEP_OF_TUNED = 90


@pytest.mark.parametrize("seeds", [range(first, SEEDS, 4) for first in range(4)], ids=lambda seeds: f"from {seeds[0]}")
def test_no_schedule_breaks_an_invariant(seeds: range) -> None:
    total = sum((play_seed(seed) for seed in seeds), Outcome())
    assert total.violations == []
    assert total.schedules == len(seeds)
    assert total.crashes > 0
    assert total.errors > 0


@pytest.mark.parametrize("story", STORIES)
def test_wherever_a_function_dies_and_whatever_comes_twice_one_upload_has_one_end(story: str) -> None:
    cases = crash_points((story,))
    step = STEP_OF_TUNED if story.startswith("tuned") else STEP
    total = sum((play_case(case) for case in cases[:: step if len(cases) > 300 else 1]), Outcome())
    assert total.violations == []
    assert total.crashes > 0


# Nothing that these stories drop is large.
@pytest.mark.parametrize("function", sorted(FUNCTIONS.keys() - {"LargeTrainer"}))
def test_what_a_function_failed_at_for_a_quarter_of_an_hour_is_made_up_for(function: str) -> None:
    stories = ("evaluated", "lambda", "tuned", "tuned and stopped", "tuned by SageMaker")
    total = sum((play_case(f"{story}/without {function}/none") for story in stories), Outcome())
    assert total.violations == []
    assert total.crashes > 0


def test_the_same_seed_gives_the_same_history_to_the_last_call() -> None:
    first, again = replay(7), replay(7)
    assert first == again
    assert len(first[0]) > 20


@pytest.mark.parametrize("seed", [26, 521, 3950, 4597], ids=["a slow record", "poison", "a hidden launch", "a redrive"])
def test_a_schedule_that_once_broke_an_invariant_breaks_none(seed: int) -> None:
    assert play_seed(seed).violations == []


def test_a_case_is_played_again_by_its_name() -> None:
    case = Case.named("failed/aws.sagemaker/1.2.after")
    assert Case.named(str(case)) == case
    history = play_one(case, verbose=True)
    assert history.crashes == 1
    assert any("#1   crash after" in line for line in history.lines)
