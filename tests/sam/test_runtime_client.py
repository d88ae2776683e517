"""Each function as it was built, under Lambda's runtime client on Python 3.13, with only its own layers."""

from dataclasses import replace

import pytest
from tests.sam import built, runtime_client
from tests.sam.built import BuiltFunction
from tests.sam.conftest import StackWith
from tests.sam.matching import pairs, read_event, sent_to_emulator
from tests.sam.situations import SITUATIONS


def test_every_event_that_starts_a_function_has_its_situation() -> None:
    assert set(pairs()) == SITUATIONS.keys()


@pytest.fixture
def functions() -> dict[str, BuiltFunction]:
    if missing := built.absent() or runtime_client.absent():
        pytest.skip(missing)
    return {function.name: function for function in built.built_functions()}


@pytest.mark.parametrize(("function", "name"), SITUATIONS)
def test_a_built_function_does_what_its_event_asks_for(
    functions: dict[str, BuiltFunction], stack_with: StackWith, function: str, name: str
) -> None:
    situation, event, subject = SITUATIONS[function, name], sent_to_emulator(read_event(name)), functions[function]
    stack = stack_with(situation.job)
    effect = situation.prepare(stack, event)
    variables = stack.variables_of(function)
    if "TrainingScriptsLayer" in subject.layers:
        variables["TRAINING_SCRIPTS"] = str(subject.layers["TrainingScriptsLayer"])  # in Lambda it is at /opt
    answer = runtime_client.invoke(subject, event, variables)
    assert not {"errorType", "refused"} & answer.keys(), answer
    effect()


def test_a_dependency_that_is_in_no_layer_is_found_missing(functions: dict[str, BuiltFunction]) -> None:
    evaluator = functions["Evaluator"]
    without = replace(evaluator, layers={"ScoringLayer": evaluator.layers["ScoringLayer"]})
    answer = runtime_client.invoke(without, {}, {})
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'aws_lambda_powertools'" in answer["errorMessage"]
