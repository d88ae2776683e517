"""docs/permissions.md lists what each role may do, as template.yaml has it."""

import re
from typing import Any

from tests.conftest import ROOT
from tests.contract.permissions import alternatives, grants

DOCUMENT = ROOT / "docs" / "permissions.md"


def short(resource: Any) -> str:
    """A resource as a person would name it: a key of the bucket, or the end of an ARN, with S for the stack's name."""
    if isinstance(resource, str):
        return resource
    if "Fn::Sub" not in resource:
        return str(resource.get("Ref") or resource["Fn::GetAtt"][0])
    text = re.sub(r"\$\{(?:AWS::)?([^}]*)\}", r"\1", resource["Fn::Sub"]).replace("StackName", "S")
    *_, last = text.split(":", 5)
    return last.removeprefix("BucketName.Value").removeprefix("/") or "the bucket"


def rows() -> list[str]:
    """The table's rows: role, name of the statement, actions, resources."""
    found = []
    for role, statement in grants():
        actions = "<br>".join(f"`{each}`" for each in alternatives(statement["Action"]))
        resources = "<br>".join(f"`{short(each)}`" for each in alternatives(statement["Resource"]))
        found.append(f"| {role.removesuffix('Role')} | {statement['Sid']} | {actions} | {resources} |")
    return found


def test_the_table_of_permissions_is_the_templates() -> None:
    lines = DOCUMENT.read_text("utf-8").splitlines()
    roles = {role.removesuffix("Role") for role, _ in grants()}
    listed = [line for line in lines if line.split(" | ")[0].removeprefix("| ") in roles]
    assert listed == rows(), "\n".join([f"The rows of {DOCUMENT} are to be:", *rows()])
