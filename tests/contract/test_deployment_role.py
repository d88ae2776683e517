"""deploy/github-oidc.yaml against the template that it is to deploy, and who may use it."""

from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from tests.conftest import ROOT
from tests.scan.translated import translated

from traindrop_cli.local.template import read_template

OIDC: dict[str, Any] = read_template(ROOT / "deploy" / "github-oidc.yaml")["Resources"]
KINDS = sorted({resource["Type"] for resource in translated(ROOT / "template.yaml")["Resources"].values()})
# Its calls are those of the queue's own attributes.
HANDLERS = {"AWS::SQS::QueuePolicy": "AWS::SQS::Queue"}
LOOKS = ("Get", "List", "Describe")


def granted(role: str) -> list[str]:
    """Every action, or pattern of actions, that a role's policies allow."""
    documents = [policy["PolicyDocument"] for policy in OIDC[role]["Properties"]["Policies"]]
    actions = [statement["Action"] for document in documents for statement in document["Statement"]]
    return [action for found in actions for action in ([found] if isinstance(found, str) else found)]


def is_granted(action: str) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in granted("ExecutionRole"))


def calls(kind: str, handler: str) -> list[str]:
    """What CloudFormation may call to make or read a resource of a type, for any of its properties, by its schema."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", HANDLERS.get(kind, kind)).schema
    found: list[str] = schema["handlers"].get(handler, {}).get("permissions", [])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_cloudformation_may_make_every_kind_of_resource_of_the_template(kind: str) -> None:
    makes = [action for action in calls(kind, "create") if not action.split(":")[1].startswith(LOOKS)]
    assert any(map(is_granted, makes)), f"ExecutionRole allows none of {makes}"


@pytest.mark.parametrize("kind", KINDS)
def test_cloudformation_may_read_all_that_it_compares_before_an_update(kind: str) -> None:
    # A key of one's own is opened by the key's policy: docs/deploy.md.
    reads = [action for action in calls(kind, "read") if not action.startswith("kms:")]
    assert [action for action in reads if not is_granted(action)] == []


def test_only_one_environment_of_one_repository_may_take_the_role_on() -> None:
    (statement,) = OIDC["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    issuer = "token.actions.githubusercontent.com"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": {"Fn::Sub": "repo:${Repository}:environment:${Environment}"},
        }
    }
