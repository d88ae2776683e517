"""Who stands before whom in the line."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.waiting_line import Place, ahead_of, first_come, has_to_wait

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
PATIENCE = timedelta(minutes=2)
PLACES = st.builds(
    Place,
    run=st.sampled_from("abcdefgh"),
    created_at=st.sampled_from([NOON + timedelta(seconds=second) for second in range(5)]),
    instance_type=st.sampled_from(["ml.m5.large", "ml.p3.2xlarge"]),
)


def place(run: str, *, minute: float = 0, instance_type: str = "ml.m5.large", waits_for: str | None = None) -> Place:
    came = NOON + timedelta(minutes=minute)
    return Place(run=run, created_at=came, instance_type=instance_type, waits_for=waits_for)


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
        ({"minute": 0}, False),
        ({"minute": 0, "waits_for": "a free instance"}, True),
        # Should have been launched or refused long ago: its launch was cut off.
        ({"minute": -3}, True),
        ({"minute": -3, "instance_type": "ml.p3.2xlarge", "waits_for": "a free instance"}, False),
        ({"minute": 2, "waits_for": "a free instance"}, False),
    ],
)
def test_a_new_run_waits_behind_those_that_were_refused_or_forgotten(ahead: dict[str, object], waits: bool) -> None:
    new = place("new", minute=1)
    line = sorted([place("other", **ahead), new], key=lambda found: found.created_at)  # type: ignore[arg-type]
    assert has_to_wait(new, line, PATIENCE) is waits


def test_of_a_long_line_no_more_is_read_than_tells_that_one_has_to_wait() -> None:
    line = iter([place(f"run-{number:03}", waits_for="a free instance") for number in range(500)])
    assert has_to_wait(place("run-500", minute=1), line, PATIENCE)
    assert len(list(line)) == 499


def test_an_empty_line_makes_nobody_wait() -> None:
    assert not has_to_wait(place("new"), [], PATIENCE)


def lines_of(line: list[Place]) -> list[Iterator[Place]]:
    kinds = {found.instance_type for found in line}
    return [iter(sorted((p for p in line if p.instance_type == kind), key=lambda p: p.order)) for kind in kinds]


@given(st.lists(PLACES, unique_by=lambda found: found.run))
def test_the_lines_of_several_types_are_one_in_order_of_coming(line: list[Place]) -> None:
    assert list(first_come(lines_of(line), full=set())) == sorted(line, key=lambda found: found.order)


@given(st.lists(PLACES, unique_by=lambda found: found.run), st.integers(0, 8))
def test_of_a_type_that_turns_out_to_be_full_nobody_else_is_asked_for(line: list[Place], after: int) -> None:
    full: set[str] = set()
    seen = []
    for number, found in enumerate(first_come(lines_of(line), full)):
        seen.append(found)
        if number == after:
            full.add(found.instance_type)
    later = [found for found in sorted(line, key=lambda found: found.order) if found not in seen[: after + 1]]
    assert seen[after + 1 :] == [found for found in later if found.instance_type not in full]


def test_a_full_line_is_read_no_further() -> None:
    line, full = iter([place("a"), place("b"), place("c")]), set[str]()
    for found in first_come([line], full):
        full.add(found.instance_type)
    assert [found.run for found in line] == ["b", "c"]


def test_a_place_is_read_from_what_the_index_shows_and_from_a_whole_record() -> None:
    shown = {
        "run": "a",
        "created_at": "2026-11-12T12:00:00Z",
        "stage": "waiting",
        "turn": "…",
        "instance_type": "ml.m5.large",
    }
    assert Place.model_validate(shown) == place("a")
