"""template.yaml against the code that it runs."""

import ast
import json
import re
from datetime import timedelta
from typing import Any, get_args

import boto3
import pytest
from moto import mock_aws
from pydantic import BaseModel
from tests.conftest import ROOT
from tests.contract.permissions import grants
from tests.contract.template import FUNCTIONS, TEMPLATE, resources, rules
from tests.functional.conftest import TABLE
from tests.functional.conftest import _make_table as make_table

from traindrop.clock import ROUND
from traindrop.config_rules import VERSION_IN_LAMBDA
from traindrop.handing_over import GIVEN_UP_AFTER
from traindrop.image_table import TAGS
from traindrop.lambda_limits import DISK, RESERVED_SECONDS, SECONDS
from traindrop.lambda_limits import FUNCTIONS as IN_LAMBDA_MB
from traindrop.ledger import BY_DATASET, BY_STAGE, CLAIM, LEASE
from traindrop.looks import pause_before_look
from traindrop.run import Status
from traindrop.settings import (
    DispatcherSettings,
    EvaluatorSettings,
    LauncherSettings,
    NotifierSettings,
    TrainerSettings,
    TunerSettings,
)
from traindrop.waiting_line import Place
from traindrop_cli.local.sagemaker.validation import input_shape

SETTINGS: dict[str, type[BaseModel]] = {
    "Launcher": LauncherSettings,
    "Dispatcher": DispatcherSettings,
    "Trainer": TrainerSettings,
    "LargeTrainer": TrainerSettings,
    "Tuner": TunerSettings,
    "Evaluator": EvaluatorSettings,
    "Notifier": NotifierSettings,
}
# What the Lambda runtime itself puts into the environment.
BY_LAMBDA = {"AWS_REGION"}
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]


def test_every_function_has_settings_and_the_other_way_round() -> None:
    assert FUNCTIONS.keys() == SETTINGS.keys()


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_is_told_exactly_what_its_settings_ask_for(name: str) -> None:
    own = FUNCTIONS[name].get("Environment", {}).get("Variables", {})
    told = GLOBALS["Environment"]["Variables"].keys() | own.keys() | BY_LAMBDA
    assert told == {field.upper() for field in SETTINGS[name].model_fields}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_functions_folder_holds_one_app_with_the_handler_that_the_template_names(name: str) -> None:
    folder = ROOT / FUNCTIONS[name]["CodeUri"]
    assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["app.py"]
    module, handler = {**GLOBALS, **FUNCTIONS[name]}["Handler"].split(".")
    source = ast.parse((folder / f"{module}.py").read_text("utf-8"))
    assert handler in [node.name for node in source.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("layer", resources("AWS::Serverless::LayerVersion"))
def test_a_layers_folder_exists_and_its_runtime_is_the_functions(layer: str) -> None:
    properties = resources("AWS::Serverless::LayerVersion")[layer]
    assert (ROOT / properties["ContentUri"]).is_dir()
    assert GLOBALS["Runtime"] in properties.get("CompatibleRuntimes", [GLOBALS["Runtime"]])


@pytest.mark.parametrize("rule", rules())
def test_an_event_that_a_rule_cannot_deliver_goes_to_the_dead_letter_queue(rule: str) -> None:
    assert rules()[rule]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}


@pytest.mark.parametrize(
    ("name", "destination"),
    [
        ("Launcher", {"Type": "SNS", "Destination": {"Ref": "Failures"}}),
        ("Evaluator", {"Type": "SNS", "Destination": {"Ref": "Failures"}}),
        # Not to the topic: the next minute makes up for what failed, and a message a minute would help nobody.
        ("Dispatcher", {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}),
        ("Notifier", {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}),
        # The dispatcher sends the run to SageMaker; what that gives up on is in the queue.
        ("Trainer", {"Type": "Lambda", "Destination": {"Fn::GetAtt": ["Dispatcher", "Arn"]}}),
        ("LargeTrainer", {"Type": "Lambda", "Destination": {"Fn::GetAtt": ["Dispatcher", "Arn"]}}),
        # The dispatcher looks after the run, and has the tuner go on.
        ("Tuner", {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}),
    ],
)
def test_what_a_function_gives_up_on_reaches_the_queue_and_never_the_function_that_failed(
    name: str, destination: dict[str, Any]
) -> None:
    assert FUNCTIONS[name]["EventInvokeConfig"]["DestinationConfig"] == {"OnFailure": destination}


def test_the_failures_topic_feeds_the_dead_letter_queue_and_the_notifier() -> None:
    queue = resources("AWS::SNS::Subscription")["DeadLettersSubscription"]
    assert queue["TopicArn"] == {"Ref": "Failures"}
    assert queue["Endpoint"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    assert FUNCTIONS["Notifier"]["Events"]["FunctionGaveUp"]["Properties"] == {"Topic": {"Ref": "Failures"}}


def test_the_ledgers_indexes_are_those_of_the_table_and_show_what_the_line_needs() -> None:
    by_name = {
        index["IndexName"]: index for index in resources("AWS::DynamoDB::Table")["Runs"]["GlobalSecondaryIndexes"]
    }
    assert by_name.keys() == {BY_DATASET, BY_STAGE}
    # The index's keys and the table's are in it by themselves.
    shown = {"run", "stage", "turn", *by_name[BY_STAGE]["Projection"]["NonKeyAttributes"]}
    assert Place.model_fields.keys() == shown - {"stage", "turn"}


def test_the_table_of_the_functional_tests_is_the_templates() -> None:
    template = resources("AWS::DynamoDB::Table")["Runs"]
    with mock_aws():
        make_table()
        made = boto3.client("dynamodb").describe_table(TableName=TABLE)["Table"]
    assert made["KeySchema"] == template["KeySchema"]
    assert made["BillingModeSummary"]["BillingMode"] == template["BillingMode"]
    assert made["AttributeDefinitions"] == template["AttributeDefinitions"]
    parts = ("IndexName", "KeySchema", "Projection")
    indexes = [{part: index[part] for part in parts} for index in made["GlobalSecondaryIndexes"]]  # type: ignore[literal-required]
    assert indexes == template["GlobalSecondaryIndexes"]


def seconds_of(function: str) -> int:
    return int({**GLOBALS, **FUNCTIONS[function]}["Timeout"])


@pytest.mark.parametrize("function", ["Launcher", "Dispatcher"])
def test_nobody_who_holds_a_launch_is_still_alive_when_the_lease_ends(function: str) -> None:
    assert timedelta(seconds=seconds_of(function)) < LEASE


def test_nobody_who_sends_a_message_is_still_alive_when_the_claim_on_it_ends() -> None:
    assert timedelta(seconds=seconds_of("Notifier")) < CLAIM


def test_a_tick_has_time_for_a_round_of_launches_and_one_of_looks_and_for_the_last_of_each() -> None:
    assert 2 * ROUND + timedelta(seconds=40) < timedelta(seconds=seconds_of("Dispatcher"))


@pytest.mark.parametrize(
    ("status", "function"),
    [(Status.COMPLETED, "Evaluator"), (Status.IN_PROGRESS, "Dispatcher"), (Status.FAILED, "Notifier")],
)
def test_nobody_looks_after_a_run_while_lambda_still_tries(status: Status, function: str) -> None:
    # Three tries of an asynchronous event, with pauses of one and two minutes.
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    all_tries = timedelta(seconds=3 * seconds_of(function), minutes=3)
    assert pause_before_look(status, 0) > all_tries


def test_both_trainers_are_one_function_in_the_sizes_that_the_rules_count_on() -> None:
    small, large = FUNCTIONS["Trainer"], FUNCTIONS["LargeTrainer"]
    assert (small["MemorySize"], large["MemorySize"]) == IN_LAMBDA_MB
    own = {"MemorySize", "FunctionName", "Role", "LoggingConfig"}
    alike = [{name: value for name, value in each.items() if name not in own} for each in (small, large)]
    assert alike[0] == alike[1]
    may, large_may = ([each for name, each in grants() if name == role] for role in ("TrainerRole", "LargeTrainerRole"))
    assert json.dumps(may).replace("TrainerLog", "LargeTrainerLog") == json.dumps(large_may)
    assert {each["EphemeralStorage"]["Size"] * 1024**2 for each in (small, large)} == {DISK}
    assert {seconds_of("Trainer"), seconds_of("LargeTrainer")} == {SECONDS}


def test_a_champion_goes_to_the_registry_with_one_of_the_states_that_it_may_have() -> None:
    states = get_args(EvaluatorSettings.model_fields["model_approval"].annotation)
    assert set(TEMPLATE["Parameters"]["ModelApproval"]["AllowedValues"]) == set(states)
    assert set(states) <= set(input_shape("CreateModelPackage").members["ModelApprovalStatus"].metadata["enum"])
    told = FUNCTIONS["Evaluator"]["Environment"]["Variables"]["MODEL_APPROVAL"]
    assert told == {"Ref": "ModelApproval"}


def test_what_a_launch_invokes_is_invoked_by_the_name_that_it_has_and_by_no_other() -> None:
    names = {name: FUNCTIONS[name]["FunctionName"] for name in ("Trainer", "LargeTrainer", "Tuner")}
    for launching in ("Launcher", "Dispatcher"):
        told = FUNCTIONS[launching]["Environment"]["Variables"]
        assert {"Trainer": told["TRAINER"], "LargeTrainer": told["LARGE_TRAINER"], "Tuner": told["TUNER"]} == names
        statements = [each for role, each in grants() if role == f"{launching}Role"]
        (invoking,) = [each for each in statements if each["Action"] == "lambda:InvokeFunction"]
        named = [resource["Fn::Sub"].partition(":function:")[2] for resource in invoking["Resource"]]
        assert named == [name["Fn::Sub"] for name in names.values()]


def test_a_trainer_is_not_tried_again_and_is_not_awaited_after_lambda_has_given_up_its_event() -> None:
    for name in ("Trainer", "LargeTrainer"):
        invoke = FUNCTIONS[name]["EventInvokeConfig"]
        assert invoke["MaximumRetryAttempts"] == 0
        assert timedelta(seconds=invoke["MaximumEventAgeInSeconds"]) < GIVEN_UP_AFTER
        assert seconds_of(name) > 2 * RESERVED_SECONDS


def test_xgboost_in_lambda_is_that_of_sagemakers_image() -> None:
    lock = (ROOT / "layers/scoring/requirements.txt").read_text("utf-8")
    (locked,) = re.findall(r"^xgboost-cpu==([0-9.]+)", lock, re.MULTILINE)
    newest = next(iter(TAGS["xgboost"]))
    assert newest == VERSION_IN_LAMBDA
    assert locked.rpartition(".")[0] == newest.rpartition("-")[0]


def test_only_the_functions_that_launch_know_how_many_jobs_may_run() -> None:
    told = {
        name
        for name, properties in FUNCTIONS.items()
        if "MAX_CONCURRENT_JOBS" in properties.get("Environment", {}).get("Variables", {})
    }
    assert told == {"Launcher", "Dispatcher"}
    assert TEMPLATE["Parameters"]["MaxConcurrentJobs"]["MinValue"] == 1
