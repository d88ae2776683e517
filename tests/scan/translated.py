"""template.yaml as CloudFormation gets it after the SAM transform, with its conditions decided.

A scanner evaluates no conditions. So there are two templates: one with all options in use (each condition true), one as
it is deployed where no parameter is given.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from traindrop_cli.local.template import packaged, read_template

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
OPTIONS, DEFAULT = "options", "default"
_NOTHING = {"Ref": "AWS::NoValue"}


def translated(file: Path) -> dict[str, Any]:
    """The template after the SAM transform. Raises `InvalidDocumentException` for one that SAM refuses."""
    body, _ = packaged(read_template(file), file.parent, "artifacts")
    # No managed policy is named by its short name, so none has to be looked up in an account.
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    done: dict[str, Any] = translator.translate(body, {})
    return done


def write(folder: Path) -> dict[str, Path]:
    """Both templates as files in `folder`, by name."""
    template = translated(ROOT / "template.yaml")
    conditions = template.get("Conditions", {})
    by_default = {name: outcome(condition, template) for name, condition in conditions.items()}
    files = {}
    for name, outcomes in ((OPTIONS, dict.fromkeys(conditions, True)), (DEFAULT, by_default)):
        files[name] = folder / f"{name}.json"
        made = decided(template, outcomes)
        if name == OPTIONS:  # checkov reads the empty default of an option that is in use
            made["Parameters"] = {each: _without_default(known) for each, known in made["Parameters"].items()}
        files[name].write_text(json.dumps(made, indent=2), "utf-8")
    return files


def _without_default(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameter.items() if name != "Default"}


def outcome(condition: Any, template: Mapping[str, Any]) -> bool:
    """What a condition comes to where every parameter has its default. Raises KeyError where one has none."""
    ((function, operands),) = condition.items()
    if function == "Condition":
        return outcome(template["Conditions"][operands], template)
    if function == "Fn::Equals":
        left, right = (_default(operand, template) for operand in operands)
        return bool(left == right)
    outcomes = [outcome(operand, template) for operand in operands]
    return {"Fn::Not": not outcomes[0], "Fn::And": all(outcomes), "Fn::Or": any(outcomes)}[function]


def _default(operand: Any, template: Mapping[str, Any]) -> str:
    if not isinstance(operand, dict):
        return str(operand)
    if operand.keys() == {"Fn::Join"}:  # of a list of the parameters: a default is the list with commas in it
        separator, joined = operand["Fn::Join"]
        return separator.join(_default(joined, template).split(","))
    return str(template["Parameters"][operand["Ref"]]["Default"])


def decided(template: Mapping[str, Any], outcomes: Mapping[str, bool]) -> dict[str, Any]:
    """The template with each condition decided: no `Fn::If`, and no resource that would not be there."""
    there = {
        name: _decided(resource, outcomes)
        for name, resource in template["Resources"].items()
        if outcomes.get(resource.get("Condition"), True)
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", "Parameters": template["Parameters"], "Resources": there}


def _decided(value: Any, outcomes: Mapping[str, bool]) -> Any:
    if isinstance(value, list):
        return [part for part in (_decided(each, outcomes) for each in value) if part != _NOTHING]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::If"}:
        condition, when_true, when_false = value["Fn::If"]
        return _decided(when_true if outcomes[condition] else when_false, outcomes)
    parts = {key: _decided(part, outcomes) for key, part in value.items()}
    return {key: part for key, part in parts.items() if part != _NOTHING}
