"""A run's name, and which status may follow which."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.run import COMES_FROM, FINAL, Status, run_name
from traindrop_cli.local.sagemaker.validation import input_shape

JOB_NAME = input_shape("CreateTrainingJob").members["TrainingJobName"].metadata
# CloudFormation's own pattern; LauncherSettings limits the length.
STACKS = st.from_regex(r"[a-zA-Z][-a-zA-Z0-9]{0,39}", fullmatch=True)
ANYTHING = st.text(max_size=300)


@given(stack=STACKS, dataset=ANYTHING, key=ANYTHING)
def test_any_dataset_gives_a_name_that_sagemaker_takes_and_the_stacks_rules_match(
    stack: str, dataset: str, key: str
) -> None:
    name = run_name(stack, dataset, key)
    assert len(name) <= JOB_NAME["max"]
    assert re.fullmatch(JOB_NAME["pattern"], name)
    assert name.startswith(f"{stack}-")


@given(first=st.lists(ANYTHING, min_size=1, max_size=3), second=st.lists(ANYTHING, min_size=1, max_size=3))
def test_two_names_are_the_same_exactly_where_their_parts_are(first: list[str], second: list[str]) -> None:
    assert (run_name("stack", *first) == run_name("stack", *second)) == (first == second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a", "b"), ("ab",)),
        (("a\0b",), ("a", "b")),
        (("é",), ("e\u0301",)),
        (("Titanic",), ("titanic",)),
        (("x", ""), ("x",)),
    ],
)  # fmt: skip
def test_parts_that_look_alike_still_give_different_names(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    assert run_name("stack", *first) != run_name("stack", *second)


def test_a_dataset_can_be_told_from_its_name() -> None:
    assert re.fullmatch(r"traindrop-titanic-2024-[0-9a-f]{12}", run_name("traindrop", "Titanic (2024)"))
    assert re.fullmatch(r"traindrop-gemuse-[0-9a-f]{12}", run_name("traindrop", "gemüse"))
    assert re.fullmatch(r"traindrop-[0-9a-f]{12}", run_name("traindrop", "数据"))


def test_a_status_is_known_to_come_from_somewhere_or_is_the_first() -> None:
    assert COMES_FROM.keys() == set(Status)
    assert [status for status, sources in COMES_FROM.items() if not sources] == [Status.WAITING]


@given(st.lists(st.sampled_from(Status), max_size=30))
def test_no_order_of_events_brings_a_run_back_to_where_it_was(wanted: list[Status]) -> None:
    path = [Status.WAITING]
    for status in wanted:
        if path[-1] in COMES_FROM[status]:
            path.append(status)
    assert len(set(path)) == len(path)
    assert all(status not in FINAL for status in path[:-1])


def test_every_run_that_has_not_ended_can_still_end() -> None:
    for status in set(Status) - FINAL:
        assert any(status in COMES_FROM[final] for final in FINAL), status
