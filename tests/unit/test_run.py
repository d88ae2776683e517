"""A run's name, and which status may follow which."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_run

from traindrop.run import COMES_FROM, FINAL, MAX_ATTEMPTS, WITHOUT_ANSWER, Status, run_name, run_of, whole
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
    beginnings = {status for status, sources in COMES_FROM.items() if not sources}
    assert beginnings == {Status.WAITING, Status.REJECTED, Status.REPEATED}


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


def test_a_run_that_ended_has_the_answer_or_repeats_one_or_is_worth_another_run() -> None:
    assert {Status.EVALUATED, Status.REPEATED} == FINAL - WITHOUT_ANSWER
    assert FINAL.isdisjoint(set().union(*COMES_FROM.values()))


# --------------------------------------------------------------------------- attempts


@given(stack=STACKS, dataset=ANYTHING, attempt=st.integers(1, 99))
def test_the_name_of_any_attempts_job_is_one_that_sagemaker_takes_and_leads_back_to_the_run(
    stack: str, dataset: str, attempt: int
) -> None:
    run = a_run(run=run_name(stack, dataset), attempt=attempt)
    assert len(run.job) <= JOB_NAME["max"]
    assert re.fullmatch(JOB_NAME["pattern"], run.job)
    assert run_of(run.job) == (run.run, attempt)


@pytest.mark.parametrize(
    ("attempt", "job"), [(1, "traindrop-flowers-0123456789ab"), (2, "traindrop-flowers-0123456789ab-r2")]
)
def test_the_first_attempt_has_the_runs_own_name_and_a_further_one_its_number(attempt: int, job: str) -> None:
    assert a_run(attempt=attempt).job == job
    assert attempt <= MAX_ATTEMPTS


@pytest.mark.parametrize(
    "job",
    ["", "a", "titanic-r2", "traindrop-titanic-0123456789ab-r0", "traindrop-titanic-0123456789ab-r100",
     "traindrop-titanic-0123456789ab-r2-r3", "traindrop-titanic-0123456789AB", "traindrop-titanic-0123456789ab-r2\n"],
)  # fmt: skip
def test_a_name_that_is_none_of_ours_is_taken_as_it_is(job: str) -> None:
    assert run_of(job) == (job, 1)


def test_a_dataset_whose_name_looks_like_an_attempt_is_still_none() -> None:
    name = run_name("traindrop", "flowers-0123456789ab-r2")
    assert run_of(name) == (name, 1)
    assert run_of(f"{name}-r3") == (name, 3)


# ------------------------------------------------------------------------ where things lie


def test_artifacts_lie_under_the_job_and_what_all_attempts_share_under_the_run() -> None:
    run = a_run(attempt=2)
    assert run.model_key == f"runs/{run.run}-r2/output/model.tar.gz"
    assert run.output_key == f"runs/{run.run}-r2/output/output.tar.gz"
    assert run.request_key == f"runs/{run.run}/request.json"
    assert run.evaluation_key == f"runs/{run.run}/evaluation.json"
    assert run.report_key == f"runs/{run.run}/report.html"


def test_the_copies_of_a_runs_files_keep_their_names_and_never_meet() -> None:
    run = a_run(test_key="datasets/flowers/test/flowers.csv")
    train, test = run.input_key(run.key, "train"), run.input_key(run.test_key or "", "test")
    assert train == f"inputs/{run.run}/train/flowers.csv"
    assert test == f"inputs/{run.run}/test/flowers.csv"
    assert run.input_key("datasets/a/train/deep/er/größe 1+1.csv", "train").endswith("/train/größe 1+1.csv")


def test_a_run_is_made_of_the_versions_that_are_known() -> None:
    assert a_run().is_made_of == set()
    assert a_run(version_id="v1").is_made_of == {"v1"}
    assert a_run(version_id="v1", config_version_id="c1").is_made_of == {"v1", "c1"}


@pytest.mark.parametrize("status", Status)
def test_a_model_is_named_only_where_training_left_one(status: Status) -> None:
    moment = a_run().created_at
    trained = status in {Status.COMPLETED, Status.EVALUATED, Status.EVALUATION_FAILED}
    assert (a_run(status=status, training_ended_at=moment).model_uri is not None) == trained
    assert a_run(status=status).model_uri is None
    assert (a_run(status=status).evaluation_uri is not None) == (status is Status.EVALUATED)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"instance_type": "ml.m5.large", "instance_count": 2}, "2 × ml.m5.large"),
        ({"instance_type": "lambda", "memory_mb": 1769}, "Lambda of 1,769 MB"),
        ({"instance_type": "lambda"}, "Lambda"),
    ],
)
def test_where_a_run_trains_is_said_in_words(fields: dict[str, Any], shown: str) -> None:
    assert a_run(**fields).place == shown


@pytest.mark.parametrize(
    ("job", "of"),
    [
        ("traindrop-a-0123456789ab-defaults", "traindrop-a-0123456789ab"),
        ("traindrop-a-0123456789ab-r2-defaults", "traindrop-a-0123456789ab-r2"),
        ("traindrop-a-0123456789ab-r2", "traindrop-a-0123456789ab-r2"),
        ("traindrop-a-0123456789ab-003-0a1b2c3d", "traindrop-a-0123456789ab-003-0a1b2c3d"),
    ],
)
def test_the_trial_with_the_defaults_alone_stands_for_its_whole_tuning(job: str, of: str) -> None:
    assert whole(job) == of
    assert run_of(job) == run_of(of)


def test_the_log_that_is_shown_of_a_tuning_is_that_of_one_trial() -> None:
    assert a_run().logging_job == a_run().job
    tuned = a_run(max_trials=3)
    assert tuned.logging_job == tuned.defaults_job
    assert a_run(max_trials=3, telling_trial="one").logging_job == "one"
    assert a_run(max_trials=3, telling_trial="one", best_trial="two").logging_job == "two"
