"""The model registry: groups of model packages, and the versions in them; kept in a file where one is named.

Of the packages only versioned ones: a package without a group is for the marketplace.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from traindrop.job_state import Scope
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error

Parameters = Mapping[str, Any]
Record = dict[str, Any]

OPERATIONS = frozenset(
    {
        "CreateModelPackageGroup", "DescribeModelPackageGroup", "ListModelPackageGroups",
        "CreateModelPackage", "DescribeModelPackage", "ListModelPackages",
    }
)  # fmt: skip
_OF_GROUP = ("ModelPackageGroupName", "ModelPackageGroupArn", "ModelPackageGroupDescription", "CreationTime")
_OF_PACKAGE = ("ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription",
               "CreationTime", "ModelPackageStatus", "ModelApprovalStatus")  # fmt: skip


def resource_arn(operation: str, scope: Scope, parameters: Parameters) -> str:
    """What a policy has to allow a call on (service authorization reference)."""
    if operation == "DescribeModelPackage":
        return str(parameters.get("ModelPackageName", "*"))
    group = _name(str(parameters.get("ModelPackageGroupName", "*")))
    return f"{_package_arn(scope, group)}/*" if operation == "CreateModelPackage" else _group_arn(scope, group)


class ModelRegistry:
    """`handle` may be called from several threads."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.Lock()
        # By ARN, in the order of their creation.
        found = json.loads(file.read_text("utf-8")) if file is not None and file.exists() else {}
        self._groups: dict[str, Record] = found.get("groups", {})
        self._packages: dict[str, Record] = found.get("packages", {})

    def handle(self, operation: str, scope: Scope, parameters: Parameters) -> Record:
        """The answer of one call, whose parameters were checked; raises ApiError."""
        operations: dict[str, Callable[[Scope, Parameters], Record]] = {
            "CreateModelPackageGroup": self._create_group,
            "DescribeModelPackageGroup": self._group,
            "ListModelPackageGroups": self._list_groups,
            "CreateModelPackage": self._create,
            "DescribeModelPackage": self._package,
            "ListModelPackages": self._list,
        }
        with self._lock:
            answer = operations[operation](scope, parameters)
            if operation.startswith("Create") and self._file is not None:
                content = {"groups": self._groups, "packages": self._packages}
                self._file.write_text(json.dumps(content), encoding="utf-8")
            return answer

    def _create_group(self, scope: Scope, given: Parameters) -> Record:
        arn = _group_arn(scope, given["ModelPackageGroupName"])
        if arn in self._groups:
            raise validation_error(f"Model Package Group already exists: {arn}")
        made = {"ModelPackageGroupArn": arn, "CreationTime": time.time(), "ModelPackageGroupStatus": "Completed"}
        self._groups[arn] = {**given, **made, "CreatedBy": {}}
        return {"ModelPackageGroupArn": arn}

    def _group(self, scope: Scope, given: Parameters) -> Record:
        arn = _group_arn(scope, _name(given["ModelPackageGroupName"]))
        if arn not in self._groups:
            raise validation_error(f"Model Package Group {arn} does not exist.")
        return {name: value for name, value in self._groups[arn].items() if name != "Tags"}

    def _list_groups(self, scope: Scope, given: Parameters) -> Record:
        part, of_scope = given.get("NameContains", "").lower(), _group_arn(scope, "")
        found = [
            _only(each, *_OF_GROUP, "ModelPackageGroupStatus")
            for arn, each in self._groups.items()
            if arn.startswith(of_scope) and part in each["ModelPackageGroupName"].lower()
        ]
        return _page("ModelPackageGroupSummaryList", found, given)

    def _create(self, scope: Scope, given: Parameters) -> Record:
        if "ModelPackageGroupName" not in given:
            raise validation_error("The local SageMaker registers models in a model package group only.")
        if "Tags" in given:
            raise validation_error("Tags of a model in a group are those of the group; leave them out.")
        group = self._group(scope, given)["ModelPackageGroupName"]
        of_group = f"{_package_arn(scope, group)}/"
        others = [each for arn, each in self._packages.items() if arn.startswith(of_group)]
        for each in others:
            if each["ClientToken"] == given["ClientToken"]:
                if each["request"] != dict(given):
                    raise ApiError("ConflictException", "The token was used for a request with other parameters.")
                return {"ModelPackageArn": each["ModelPackageArn"]}
        version = len(others) + 1
        arn = f"{_package_arn(scope, group)}/{version}"
        self._packages[arn] = {
            **given,
            "request": dict(given),
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "CreationTime": time.time(),
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": given.get("ModelApprovalStatus", "PendingManualApproval"),
        }
        return {"ModelPackageArn": arn}

    def _package(self, _scope: Scope, given: Parameters) -> Record:
        arn = given["ModelPackageName"]
        if arn not in self._packages:
            raise validation_error(f"ModelPackage {arn} does not exist.")
        found = {key: value for key, value in self._packages[arn].items() if key not in {"request", "ClientToken"}}
        return found | {"ModelPackageStatusDetails": {"ValidationStatuses": []}}

    def _list(self, scope: Scope, given: Parameters) -> Record:
        group = _name(given.get("ModelPackageGroupName", ""))
        start = _package_arn(scope, f"{group}/" if group else "")
        status = given.get("ModelApprovalStatus")
        found = [
            _only(each, *_OF_PACKAGE)
            for arn, each in self._packages.items()
            if arn.startswith(start) and status in {None, each["ModelApprovalStatus"]}
        ]
        return _page("ModelPackageSummaryList", found, given)


def _page(name: str, found: list[Record], given: Parameters) -> Record:
    """The newest first, as the service sorts where nothing else is asked."""
    if given.get("SortOrder", "Descending") == "Descending":
        found = found[::-1]
    start, size = int(given.get("NextToken", 0)), given.get("MaxResults", 10)
    rest: Record = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {name: found[start : start + size], **rest}


def _only(record: Record, *names: str) -> Record:
    return {name: record[name] for name in names if name in record}


def _group_arn(scope: Scope, name: str) -> str:
    return f"arn:aws:sagemaker:{scope.region}:{scope.account}:model-package-group/{name}"


def _package_arn(scope: Scope, group: str) -> str:
    return f"arn:aws:sagemaker:{scope.region}:{scope.account}:model-package/{group}"


def _name(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]
