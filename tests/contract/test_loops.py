"""No event starts its own sender for ever, and every kind of event of ours is for somebody."""

import ast
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.conftest import ROOT
from tests.contract.permissions import grants
from tests.contract.template import FUNCTIONS, STACK, filled_in, rules

from traindrop.events import DetailType, EndOfRun
from traindrop.keeping_order import OCCASION
from traindrop.notifying import NOTICE
from traindrop.receiving import ARRIVAL

CORE = ROOT / "layers/core/traindrop"
STATE_CHANGE = "SageMaker Training Job State Change"
TUNING_CHANGE = "SageMaker HyperParameter Tuning Job State Change"
# By the function that emits: what it may be.
EMITTERS = {
    "aws.emit": set(get_args(EndOfRun)) | {"Run Waiting"},
    "aws.emit_state_change": {STATE_CHANGE},
    "aws.emit_tuning_change": {TUNING_CHANGE},
    "aws.emit_message": {"Message Sent"},
    "training_jobs.tell_state": {STATE_CHANGE, TUNING_CHANGE},
    "training_jobs.bury": {STATE_CHANGE},
}
# It emits in the name of who calls it.
FOR_OTHERS = {"training_jobs"}
# Only for those who listen; README.md names it.
FOR_LISTENERS = {"Run Waiting", "Message Sent"}


@cache
def imported(source: str) -> frozenset[str]:
    """The modules of traindrop that a file imports, directly or not."""
    found: set[str] = set()
    left = [ROOT / source]
    while left:
        named = named_in(left.pop())
        left += [path_of(name) for name in named - found]
        found |= named
    return frozenset(found)


def named_in(path: Path) -> set[str]:
    """The modules of traindrop that a file itself imports."""
    named = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "traindrop":
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("traindrop."):
            named.add(node.module.removeprefix("traindrop."))
    return named


def path_of(module: str) -> Path:
    path = CORE / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def emits(module: str) -> set[str]:
    """The detail types that a module of the core may put on the bus by itself."""
    if module in FOR_OTHERS:
        return set()
    tree = ast.parse(path_of(module).read_text("utf-8"))
    found = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return set().union(*(EMITTERS[name] for name in found if name in EMITTERS))


def may_emit(function: str) -> set[str]:
    return set().union(*(emits(module) for module in imported(f"{FUNCTIONS[function]['CodeUri']}/app.py")))


def started_by(detail_type: str) -> set[str]:
    """The functions that an event of ours of that kind may start."""
    patterns = {name: filled_in(rule["Pattern"]) for name, rule in rules().items()}
    return {
        name.partition(".")[0]
        for name, pattern in patterns.items()
        if f"traindrop.{STACK}" in pattern["source"] and detail_type in pattern["detail-type"]
    }


def test_the_only_function_that_an_event_of_its_own_may_start_is_the_dispatcher_with_a_state_change() -> None:
    """And on that it never emits one: see the next test. A trainer is started by a launch or by the tuner, once a job,
    and the tuner by the end of a trial: after as many as there are to be it starts no more."""
    follows = {name: {to for kind in may_emit(name) for to in started_by(kind)} for name in FUNCTIONS}
    assert follows == {
        "Launcher": {"Notifier"},
        "Dispatcher": {"Dispatcher", "Tuner", "Evaluator", "Notifier"},
        "Evaluator": {"Notifier"},
        "Notifier": set(),
        "Trainer": {"Dispatcher", "Tuner", "Evaluator", "Notifier"},
        "LargeTrainer": {"Dispatcher", "Tuner", "Evaluator", "Notifier"},
        "Tuner": {"Dispatcher", "Evaluator", "Notifier"},
    }
    assert not any(to in {"Trainer", "LargeTrainer"} for to in set().union(*follows.values()))


def test_the_dispatcher_emits_state_changes_on_ticks_and_of_trainers_that_died_and_never_on_a_state_change() -> None:
    emitting = [path.stem for path in sorted(CORE.glob("*.py")) if STATE_CHANGE in emits(path.stem)]
    assert emitting == ["keeping_order", "reconciling", "training"]
    assert [path.stem for path in sorted(CORE.glob("*.py")) if TUNING_CHANGE in emits(path.stem)] == [
        "reconciling", "tuning",
    ]  # fmt: skip
    tree = ast.parse((CORE / "keeping_order.py").read_text("utf-8"))
    for function in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
        occasion = ast.unparse(function.args.args[0].annotation or ast.Constant(""))
        assert ("reconcile(" in ast.unparse(function)) == (occasion == "Scheduled"), occasion
        assert ("bury(" in ast.unparse(function)) == (occasion == "InvocationFailed"), occasion


def test_only_functions_that_emit_may_put_events_and_only_as_their_own_stack() -> None:
    for name in FUNCTIONS:
        putting = [each for role, each in grants() if role == f"{name}Role" and "events:PutEvents" in each["Action"]]
        assert bool(putting) == bool(may_emit(name)), name
        for each in putting:
            keys = filled_in(each["Condition"])["StringEquals"]
            assert keys.pop("events:source") == f"traindrop.{STACK}"
            assert keys == ({"events:detail-type": "Message Sent"} if name == "Notifier" else {})


@pytest.mark.parametrize(
    "detail_type", sorted({*get_args(get_args(DetailType)[0]), *get_args(get_args(DetailType)[1])})
)
def test_every_kind_of_event_of_ours_starts_a_function_or_is_for_listeners(detail_type: str) -> None:
    assert bool(started_by(detail_type)) != (detail_type in FOR_LISTENERS)
    assert f"`{detail_type}`" in (ROOT / "README.md").read_text("utf-8")


def test_every_end_of_a_run_starts_the_notifier_and_nothing_else() -> None:
    assert {kind: started_by(kind) for kind in get_args(EndOfRun)} == {
        kind: {"Notifier"} for kind in get_args(EndOfRun)
    }


def test_every_kind_of_event_that_our_source_may_send_is_known_to_a_function() -> None:
    """No rule waits for an event that nobody could read."""
    readable = set().union(*(_detail_types(adapter.json_schema()) for adapter in (ARRIVAL, OCCASION, NOTICE)))
    waited_for = {kind for rule in rules().values() for kind in rule["Pattern"]["detail-type"]}
    assert waited_for - {"Object Created"} <= readable


def _detail_types(schema: Any) -> set[str]:
    """The values that a schema allows for `detail-type`, anywhere in it."""
    if isinstance(schema, list):
        return set().union(*(_detail_types(part) for part in schema))
    if not isinstance(schema, dict):
        return set()
    here = schema.get("detail-type", {})
    named = {here["const"]} if "const" in here else set(here.get("enum", ()))
    return named.union(*(_detail_types(part) for part in schema.values()))


def test_nothing_that_is_allowed_to_write_objects_may_write_where_the_launcher_watches() -> None:
    watched = filled_in(rules()["Launcher.Dropped"]["Pattern"])["detail"]["object"]["key"]
    assert all(each["wildcard"].startswith("datasets/") for each in watched)
    statements = [each for _, each in grants() if "s3:PutObject" in each["Action"]]
    assert len(statements) == 6
    for each in statements:
        for resource in each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]:
            key = resource["Fn::Sub"].removeprefix("arn:${AWS::Partition}:s3:::${BucketName.Value}/")
            assert not fnmatchcase("datasets/a/train/a.csv", key), key
            assert not fnmatchcase("datasets/a/training.yaml", key), key
