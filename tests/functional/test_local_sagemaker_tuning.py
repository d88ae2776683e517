"""The local SageMaker really tunes: training jobs a few at a time, the best of them, states and events."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from tests.functional.local_fixtures.aws import client, finished, log_lines, packed_files, start
from tests.functional.local_fixtures.tuning import (
    NEAR,
    children,
    described,
    limits,
    start_tuning,
    tuned,
    tuning_finished,
)
from tests.functional.test_local_sagemaker_training import SLEEP, received
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

# Trials by their number, which is in the name of their training job.
NUMBER = "import os, sys, time\nnumber = int(os.environ['TRAINING_JOB_NAME'].split('-')[-2])\n"


def counted(tuning: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """How many training jobs ended how, and how many objectives; those that there are."""
    jobs, objectives = tuning["TrainingJobStatusCounters"], tuning["ObjectiveStatusCounters"]
    return {kind: n for kind, n in jobs.items() if n}, {kind: n for kind, n in objectives.items() if n}


def test_training_jobs_are_tried_and_the_best_is_known_with_its_model(aws: LocalAws) -> None:
    tuning = tuned(aws, NEAR, limits(5, parallel=2), Tags=[{"Key": "run", "Value": "1"}])
    name = tuning["HyperParameterTuningJobName"]
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning.get("FailureReason")
    assert counted(tuning) == ({"Completed": 5}, {"Succeeded": 5})
    assert tuning["CreationTime"] <= tuning["HyperParameterTuningEndTime"]
    assert tuning["ConsumedResources"]["RuntimeInSeconds"] >= 1

    found = children(aws, name)
    assert [re.sub(r"[0-9a-f]{8}$", "", each["TrainingJobName"]) for each in found] == [
        f"{name}-{number:03}-" for number in range(1, 6)
    ]
    values = [each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for each in found]
    tried = [float(each["TunedHyperParameters"]["x"]) for each in found]
    assert values == pytest.approx([1 - abs(x - 0.3) for x in tried])
    best = tuning["BestTrainingJob"]
    assert best == found[values.index(max(values))]
    assert best["ObjectiveStatus"] == "Succeeded"
    model = packed_files(aws, f"runs/{best['TrainingJobName']}/output/model.tar.gz")
    assert float(model["model"]) == float(best["TunedHyperParameters"]["x"])


def test_a_training_job_of_it_is_one_as_any_other_with_its_tags_and_its_metric(aws: LocalAws) -> None:
    tuning = tuned(aws, NEAR, limits(1), Tags=[{"Key": "run", "Value": "1"}])
    name, sagemaker = tuning["HyperParameterTuningJobName"], client(aws, "sagemaker")
    (listed,) = sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    job = sagemaker.describe_training_job(TrainingJobName=listed["TrainingJobName"])
    assert job["TuningJobArn"] == tuning["HyperParameterTuningJobArn"]
    assert job["HyperParameters"]["_tuning_objective_metric"] == "validation:auc"
    assert job["HyperParameters"]["max_depth"] == "3"
    assert sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == [{"Key": "run", "Value": "1"}]
    static = tuning["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static["_tuning_objective_metric"] == "validation:auc"
    assert "TuningJobArn" not in finished(aws, start(aws, ""))


def test_no_more_run_at_a_time_than_asked_for(aws: LocalAws) -> None:
    name = start_tuning(aws, NEAR, limits(4))
    tuning_finished(aws, name)
    times = [(each["CreationTime"], each["TrainingEndTime"]) for each in children(aws, name, SortBy="CreationTime")]
    assert all(ended <= begun for (_, ended), (begun, _) in pairwise(times))


def test_a_grid_is_tried_whole(aws: LocalAws) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": name, "Values": ["0.1", "0.3"]} for name in ("x", "y")]}
    script = NEAR.replace('parser.add_argument("-x"', 'parser.add_argument("-y"); parser.add_argument("-x"')
    config = {"Strategy": "Grid", "ParameterRanges": ranges, "ResourceLimits": {"MaxParallelTrainingJobs": 2}}
    tuning = tuned(aws, script, config)
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning.get("FailureReason")
    found = [
        tuple(each["TunedHyperParameters"].values()) for each in children(aws, tuning["HyperParameterTuningJobName"])
    ]
    assert sorted(found) == [("0.1", "0.1"), ("0.1", "0.3"), ("0.3", "0.1"), ("0.3", "0.3")]
    assert tuning["BestTrainingJob"]["TunedHyperParameters"]["x"] == "0.3"


def test_it_gives_up_after_five_failures_in_the_words_of_the_service(aws: LocalAws) -> None:
    tuning = tuned(aws, "raise ValueError('no rows')", limits(8))
    assert tuning["HyperParameterTuningJobStatus"] == "Failed"
    assert tuning["FailureReason"] == (
        "No training job succeeded after 5 attempts. For additional details, please take a look at the training job "
        "failures by listing training jobs for the hyperparameter tuning job."
    )
    assert counted(tuning) == ({"NonRetryableError": 5}, {"Failed": 5})
    assert "BestTrainingJob" not in tuning
    first = children(aws, tuning["HyperParameterTuningJobName"])[0]
    assert first["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:")


def test_an_objective_that_never_appears_is_a_failure_though_every_job_completes(aws: LocalAws) -> None:
    tuning = tuned(aws, "print('done')", limits(2))
    assert tuning["HyperParameterTuningJobStatus"] == "Failed"
    assert tuning["FailureReason"].startswith("No objective metrics found after running 2 training jobs.")
    assert counted(tuning) == ({"Completed": 2}, {"Failed": 2})


def test_where_half_fail_the_best_of_the_others_counts(aws: LocalAws) -> None:
    tuning = tuned(aws, f"{NUMBER}assert number % 2\nprint(f'validation-auc=0.{{number}}')", limits(4, parallel=2))
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning.get("FailureReason")
    assert counted(tuning) == ({"Completed": 2, "NonRetryableError": 2}, {"Succeeded": 2, "Failed": 2})
    assert tuning["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 0.3


def test_stopping_it_stops_what_runs_and_keeps_what_has_ended(aws: LocalAws) -> None:
    name = start_tuning(aws, f"{NUMBER}print('validation-auc=0.5')\ntime.sleep(60 * (number > 1))", limits(4))
    wait_for(lambda: len(found := children(aws, name)) == 2 and log_lines(aws, found[1]["TrainingJobName"]))
    client(aws, "sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    tuning = tuning_finished(aws, name)
    assert tuning["HyperParameterTuningJobStatus"] == "Stopped"
    assert counted(tuning) == ({"Completed": 1, "Stopped": 1}, {"Succeeded": 2})
    assert tuning["BestTrainingJob"]["TrainingJobName"].startswith(f"{name}-001-")
    with pytest.raises(client(aws, "sagemaker").exceptions.ClientError, match="is in status Stopped"):
        client(aws, "sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def test_early_stopping_ends_those_that_are_worse_than_the_median(aws: LocalAws) -> None:
    script = f"""{NUMBER}
for round_ in range(16):
    print(f"[{{round_}}]\\tvalidation-auc={{1 - number / 10}}")
    time.sleep(30 * (number > 6 and round_ > 8))
"""
    config = limits(7, parallel=2) | {"TrainingJobEarlyStoppingType": "Auto"}
    tuning = tuned(aws, script, config)
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning.get("FailureReason")
    seventh = children(aws, tuning["HyperParameterTuningJobName"])[-1]
    assert (seventh["TrainingJobStatus"], seventh["ObjectiveStatus"]) == ("Stopped", "Succeeded")
    assert seventh["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == pytest.approx(0.3)
    assert tuning["TrainingJobStatusCounters"]["Completed"] >= 5


def test_its_states_are_told_twice_in_the_documented_shape_and_those_of_its_jobs_as_well(aws: LocalAws) -> None:
    url = client(aws, "sqs").create_queue(QueueName="tunings")["QueueUrl"]
    events = client(aws, "events")
    change = "SageMaker HyperParameter Tuning Job State Change"
    ours: list[dict[str, Any]] = [
        {"detail": {"HyperParameterTuningJobName": [{"prefix": "told"}]}},
        {"detail": {"Tags": {"told": ["1"]}}},
    ]
    for number, more in enumerate(ours):
        pattern = {"source": ["aws.sagemaker"], **more}
        events.put_rule(Name=f"tunings{number}", EventPattern=json.dumps(pattern))
        target = "arn:aws:sqs:us-east-1:000000000000:tunings"
        events.put_targets(Rule=f"tunings{number}", Targets=[{"Id": "queue", "Arn": target}])
    name = start_tuning(
        aws, NEAR, limits(1), HyperParameterTuningJobName="told-1", Tags=[{"Key": "told", "Value": "1"}]
    )
    tuning = tuning_finished(aws, name)
    told = [json.loads(body) for body in received(aws, url, 10 + 4 + 4)]
    of_tuning = {event["id"]: event for event in told if event["detail-type"] == change}
    states = [event["detail"]["HyperParameterTuningJobStatus"] for event in of_tuning.values()]
    assert sorted(states) == ["Completed", "Completed", "InProgress", "InProgress"]
    last = next(each for each in of_tuning.values() if each["detail"]["HyperParameterTuningJobStatus"] == "Completed")
    assert last["resources"] == [tuning["HyperParameterTuningJobArn"]]
    detail = last["detail"]
    assert detail["TrainingJobDefinition"] == tuning["TrainingJobDefinition"]
    assert int(detail["CreationTime"]) == pytest.approx(tuning["CreationTime"].timestamp() * 1000, abs=1)
    assert detail["TrainingJobStatusCounters"]["Completed"] == 1
    assert detail["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 0}
    assert detail["Tags"] == {"told": "1"}
    assert not {"BestTrainingJob", "FailureReason"} & detail.keys()
    of_jobs = [event for event in told if event["detail-type"] == "SageMaker Training Job State Change"]
    assert {event["detail"]["TrainingJobName"][:10] for event in of_jobs} == {"told-1-001"}


def test_the_instances_of_its_training_jobs_are_in_use_and_one_that_is_stopped_is_not_its_end(aws: LocalAws) -> None:
    resources = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}
    name = start_tuning(
        aws, f"{NUMBER}print('validation-auc=1')\ntime.sleep(60 * (number == 1))", ResourceConfig=resources
    )
    (first,) = wait_for(lambda: [each for each in children(aws, name) if log_lines(aws, each["TrainingJobName"])])
    sagemaker = client(aws, "sagemaker")
    with pytest.raises(sagemaker.exceptions.ResourceLimitExceeded, match="current utilization of 1 Instances"):
        start(aws, SLEEP, ResourceConfig=resources)
    assert described(aws, name)["HyperParameterTuningJobStatus"] == "InProgress"
    sagemaker.stop_training_job(TrainingJobName=first["TrainingJobName"])
    assert counted(tuning_finished(aws, name))[0] == {"Completed": 1, "Stopped": 1}
