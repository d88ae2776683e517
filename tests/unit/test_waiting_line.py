"""Who stands before whom in the line."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.waiting_line import Place, ahead_of, has_to_wait

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
PATIENCE = timedelta(minutes=2)
PLACES = st.builds(
    Place,
    run=st.sampled_from("abcdefgh"),
    turn=st.sampled_from([NOON + timedelta(seconds=second) for second in range(5)]),
    instance_type=st.sampled_from(["ml.m5.large", "ml.p3.2xlarge"]),
)


def place(run: str, *, minute: float = 0, instance_type: str = "ml.m5.large", waits_for: str | None = None) -> Place:
    turn = NOON + timedelta(minutes=minute)
    return Place(run=run, turn=turn, instance_type=instance_type, waits_for=waits_for)


def test_those_who_came_earlier_for_the_same_instance_type_are_ahead() -> None:
    line = [place("a"), place("b", minute=1, instance_type="ml.p3.2xlarge"), place("c", minute=2), place("d", minute=3)]
    assert [other.run for other in ahead_of(line[3], line)] == ["a", "c"]
    assert ahead_of(line[1], line) == []


@given(st.lists(PLACES, unique_by=lambda found: found.run))
def test_of_any_line_each_instance_type_has_one_order_also_of_those_who_came_at_once(line: list[Place]) -> None:
    for instance_type in {found.instance_type for found in line}:
        numbers = sorted(len(ahead_of(found, line)) for found in line if found.instance_type == instance_type)
        assert numbers == list(range(len(numbers)))


@given(PLACES)
def test_nobody_stands_before_themselves(found: Place) -> None:
    assert ahead_of(found, [found]) == []


@pytest.mark.parametrize(
    ("ahead", "waits"),
    [
        # Just came and was not refused: its own launch is under way.
        ({"minute": 0}, 0),
        ({"minute": 0, "waits_for": "a free instance"}, 1),
        # Should have been launched or refused long ago: its launch was cut off.
        ({"minute": -3}, 1),
        ({"minute": -3, "instance_type": "ml.p3.2xlarge", "waits_for": "a free instance"}, 0),
        ({"minute": 2, "waits_for": "a free instance"}, 0),
    ],
)
def test_a_new_run_waits_behind_those_that_were_refused_or_forgotten(ahead: dict[str, object], waits: int) -> None:
    new = place("new", minute=1)
    assert has_to_wait(new, [place("other", **ahead), new], PATIENCE) == waits  # type: ignore[arg-type]


def test_it_is_said_how_many_are_ahead() -> None:
    line = [place(f"run-{number}", waits_for="a free instance") for number in range(3)]
    assert has_to_wait(place("new", minute=1), line, PATIENCE) == 3


def test_an_empty_line_makes_nobody_wait() -> None:
    assert has_to_wait(place("new"), [], PATIENCE) == 0


def test_a_place_is_read_from_what_the_index_shows_and_from_a_whole_record() -> None:
    shown = {"run": "a", "turn": "2026-11-12T12:00:00Z", "stage": "waiting", "instance_type": "ml.m5.large"}
    assert Place.model_validate(shown) == place("a")
