"""What config and file mean for a run's place."""

from typing import Any

import pytest

from traindrop.checks import Accepted, check_training_data
from traindrop.config import TrainingConfig
from traindrop.placement import Placement
from traindrop.placing import Sizes, Trainers, place

TRAINERS = Trainers((1769, 3008), disk=10**10)
ROWS = b"".join(f"{number},{number * 7 % 11},{number % 2}\n".encode() for number in range(200))
CSV = b"age,fare,target\n" + ROWS


def accepted(**fields: Any) -> Accepted:
    return check_training_data(CSV, target=None, task="auto", drop=(), file="x.csv", **{"complete": True, **fields})


def placed(
    size: int = len(CSV), *, own_script: bool = False, trainers: Trainers = TRAINERS, **fields: Any
) -> Placement:
    training = accepted(complete=size == len(CSV))
    return place(TrainingConfig.model_validate(fields), training, Sizes(size, 0), trainers, own_script=own_script)


def test_a_small_file_trains_in_a_lambda_and_where_that_fails_on_the_smallest_instance() -> None:
    found = placed()
    assert (found.instance_type, found.memory_mb, found.else_on) == ("lambda", 1769, "ml.m5.large")


def test_rows_of_a_file_seen_in_part_are_estimated_from_its_beginning() -> None:
    assert accepted().rows_of(len(CSV)) == 200
    assert accepted(complete=False).rows_of(10 * len(CSV)) == 2000


def test_a_large_file_trains_on_an_instance_that_holds_it() -> None:
    assert placed(size=10**9).instance_type == "ml.m5.large"
    assert placed(size=2 * 10**10).instance_type != "ml.m5.large"


def test_what_training_yaml_says_is_done() -> None:
    found = placed(instance_type="ml.c5.xlarge", instance_count=2)
    assert (found.instance_type, found.instance_count, found.why) == ("ml.c5.xlarge", 2, "as training.yaml says")


@pytest.mark.parametrize(
    "asked",
    [{"use_spot": True}, {"keep_alive": 600}, {"instance_count": 2}, {"framework": "sklearn"}, {"own_script": True}],
    ids=str,
)
def test_what_only_an_instance_has_keeps_auto_from_lambda(asked: dict[str, Any]) -> None:
    assert placed(**asked).instance_type == "ml.m5.large"


def test_a_tuning_is_placed_by_its_costliest_trial() -> None:
    def tuned(most: int) -> Placement:
        rounds = {"num_round": {"min": 10, "max": most}}
        return placed(hyperparameters={"num_round": 1}, tuning={"ranges": rounds}, size=3_000_000)

    assert tuned(50).instance_type == "lambda"
    assert tuned(100_000).instance_type == "ml.m5.large"
    assert placed(tuning={"ranges": {"max_depth": {"min": 2, "max": 8}}}).instance_count == 1


def test_more_trials_than_a_lambda_record_holds_go_to_sagemaker() -> None:
    ranges = {"ranges": {"max_depth": {"min": 2, "max": 8}}}
    assert placed(tuning={**ranges, "max_jobs": 200}).instance_type == "lambda"
    assert placed(tuning={**ranges, "max_jobs": 201}).instance_type == "ml.m5.large"


def test_the_persons_number_of_instances_stands() -> None:
    assert placed(instance_count=3).instance_count == 3


def test_auto_leaves_lambda_alone_where_the_operator_says_so() -> None:
    assert placed(trainers=Trainers((1769, 3008), 10**10, for_auto=False)).instance_type == "ml.m5.large"


def test_lambda_is_what_it_gets_who_asks_for_it_and_too_large_a_file_goes_to_an_instance_with_a_note() -> None:
    trainers = Trainers((1769, 3008), 10**10, for_auto=False)
    assert placed(trainers=trainers, instance_type="lambda").memory_mb == 1769
    large = placed(size=10**9, instance_type="lambda")
    assert (large.instance_type, large.memory_mb) == ("ml.m5.large", None)
    assert "takes up to" in (large.note or "")


def test_without_trainer_functions_all_goes_to_instances() -> None:
    assert placed(trainers=Trainers((), 0)).instance_type == "ml.m5.large"
