"""samconfig.toml against the template: what `sam deploy --config-env dev` and prod would do."""

import tomllib
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.contract.template import TEMPLATE

from traindrop_cli.stack import DEFAULT_STACK

CONFIG: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
ENVIRONMENTS = ["default", "dev", "prod"]


def deploys(environment: str) -> dict[str, Any]:
    found: dict[str, Any] = CONFIG[environment]["deploy"]["parameters"]
    return found


def test_the_environments_are_those_of_the_workflow_and_each_has_its_stack() -> None:
    assert [name for name in CONFIG if name != "version"] == ENVIRONMENTS
    names = {name: CONFIG[name]["global"]["parameters"]["stack_name"] for name in ENVIRONMENTS}
    assert names == {"default": DEFAULT_STACK, "dev": f"{DEFAULT_STACK}-dev", "prod": DEFAULT_STACK}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_deployment_asks_for_no_more_than_the_template_needs(environment: str) -> None:
    assert deploys(environment)["capabilities"] == "CAPABILITY_IAM"
    named = [each for each in TEMPLATE["Resources"].values() if "RoleName" in each.get("Properties", {})]
    assert named == [], "a role with a name of its own would need CAPABILITY_NAMED_IAM, and keep a second stack out"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_parameter_that_is_set_is_the_templates(environment: str) -> None:
    given = deploys(environment).get("parameter_overrides", "").split()
    assert {each.partition("=")[0] for each in given} <= TEMPLATE["Parameters"].keys()


def test_production_shows_its_changes_first_and_is_rolled_back_when_they_fail() -> None:
    assert deploys("prod")["confirm_changeset"] is True
    assert deploys("prod")["disable_rollback"] is False
