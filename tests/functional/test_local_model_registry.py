"""The local SageMaker's model registry takes and refuses what the real one does."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import client

from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"


def a_package(group: str, **changes: Any) -> dict[str, Any]:
    containers = [{"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}]
    return {"ModelPackageGroupName": group, "InferenceSpecification": {"Containers": containers}, **changes}


def test_a_model_is_the_next_version_of_its_group(aws: LocalAws) -> None:
    sagemaker = client(aws, "sagemaker")
    group = sagemaker.create_model_package_group(ModelPackageGroupName="versions")["ModelPackageGroupArn"]
    assert group.endswith(":model-package-group/versions")
    first, second = (sagemaker.create_model_package(**a_package("versions"))["ModelPackageArn"] for _ in range(2))
    assert (first[-11:], second[-11:]) == ("/versions/1", "/versions/2")
    listed = sagemaker.list_model_packages(ModelPackageGroupName="versions")["ModelPackageSummaryList"]
    assert [each["ModelPackageVersion"] for each in listed] == [2, 1]
    found = sagemaker.describe_model_package(ModelPackageName=second)
    assert (found["ModelApprovalStatus"], found["ModelPackageStatus"]) == ("PendingManualApproval", "Completed")
    assert found["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE
    names = [
        each["ModelPackageGroupName"]
        for each in sagemaker.list_model_package_groups(NameContains="version")["ModelPackageGroupSummaryList"]
    ]
    assert names == ["versions"]


def test_a_token_makes_one_version_however_often_it_is_sent(aws: LocalAws) -> None:
    sagemaker = client(aws, "sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="tokens")
    request = a_package("tokens", ClientToken="0f1e2d")
    once, again = (sagemaker.create_model_package(**request)["ModelPackageArn"] for _ in range(2))
    assert once == again
    with pytest.raises(sagemaker.exceptions.ConflictException):
        sagemaker.create_model_package(**request, ModelApprovalStatus="Approved")


@pytest.mark.parametrize(
    ("request_changes", "message"),
    [
        ({"ModelApprovalStatus": "Fine"}, "enum value set"),
        ({"CustomerMetadataProperties": {"metric": "50 %"}}, "Map value must satisfy constraint"),
        ({"ClientToken": "a_b"}, "regular expression pattern"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "those of the group"),
        ({"ModelPackageGroupName": "none-such"}, "does not exist"),
    ],
)
def test_what_the_service_would_refuse_is_refused(aws: LocalAws, request_changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        client(aws, "sagemaker").create_model_package(**a_package("refusals") | request_changes)


def test_a_group_is_made_once(aws: LocalAws) -> None:
    sagemaker = client(aws, "sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="once")
    with pytest.raises(ClientError, match="Model Package Group already exists"):
        sagemaker.create_model_package_group(ModelPackageGroupName="once")
    assert sagemaker.describe_model_package_group(ModelPackageGroupName="once")["ModelPackageGroupName"] == "once"
