"""template.yaml against the code that it runs."""

import ast
from typing import Any

import pytest
from pydantic import BaseModel
from tests.conftest import ROOT
from tests.contract.template import FUNCTIONS, TEMPLATE, resources, rules

from traindrop import ledger
from traindrop.settings import EvaluatorSettings, LauncherSettings, NotifierSettings

SETTINGS: dict[str, type[BaseModel]] = {
    "Launcher": LauncherSettings,
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
        ("Notifier", {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}),
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


def test_the_ledgers_keys_and_index_are_those_of_the_table() -> None:
    table = resources("AWS::DynamoDB::Table")["Runs"]
    assert table["KeySchema"] == [{"AttributeName": "run", "KeyType": "HASH"}]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == ledger.BY_DATASET
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["dataset", "created_at"]


def test_no_function_may_do_anything_to_everything() -> None:
    for name, properties in FUNCTIONS.items():
        for policy in properties["Policies"]:
            for statement in policy["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not [action for action in actions if "*" in action], (name, statement["Sid"])
                assert statement["Resource"] != "*", (name, statement["Sid"])
