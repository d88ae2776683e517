"""Addresses of the training images: some recorded from the SDK; tests/oracle holds all of them against it."""

import re

import pytest

from traindrop.errors import LaunchRefused, Rejected
from traindrop.image_table import ACCOUNTS, SINCE, TAGS
from traindrop.images import image, versions

CPU, GPU = "ml.m5.large", "ml.g5.xlarge"
DEEP_LEARNING = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"
ISOLATED = "886529160074.dkr.ecr.us-iso-east-1.c2s.ic.gov"


@pytest.mark.parametrize(
    ("framework", "version", "region", "instance_type", "address"),
    [
        ("xgboost", "3.2-0", "us-east-1", CPU, "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"),
        ("xgboost", "3.0-5", "us-west-2", GPU, "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:3.0-5"),
        (
            "builtin-xgboost", "3.2-0", "cn-north-1", CPU,
            "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.2-0",
        ),
        (
            "sklearn", "1.4-2", "us-gov-west-1", CPU,
            "414596584902.dkr.ecr.us-gov-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3",
        ),
        ("pytorch", "2.8.0", "eu-west-1", CPU, f"{DEEP_LEARNING}/pytorch-training:2.8.0-cpu-py312"),
        ("pytorch", "2.8.0", "eu-west-1", GPU, f"{DEEP_LEARNING}/pytorch-training:2.8.0-gpu-py312"),
        (
            "tensorflow", "2.19.0", "eu-west-1", "ml.p4d.24xlarge",
            f"{DEEP_LEARNING}/tensorflow-training:2.19.0-gpu-py312",
        ),
        ("tensorflow", "2.21.0", "us-iso-east-1", CPU, f"{ISOLATED}/tensorflow-training:2.21.0-cpu-py312"),
    ],
)  # fmt: skip
def test_an_image_is_that_of_its_region_partition_version_and_kind_of_instance(
    framework: str, version: str, region: str, instance_type: str, address: str
) -> None:
    assert image(framework, version, region, instance_type) == address


@pytest.mark.parametrize("framework", ["xgboost", "builtin-xgboost", "sklearn", "pytorch", "tensorflow"])
def test_versions_are_listed_newest_first_and_the_newest_is_taken_where_none_is_asked_for(framework: str) -> None:
    known = versions(framework)
    assert list(known) == sorted(known, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])[::-1]
    assert image(framework, None, "us-east-1", CPU) == image(framework, known[0], "us-east-1", CPU)


def test_an_image_of_ones_own_has_no_versions() -> None:
    assert versions("custom") == ()


def test_every_region_of_the_table_has_the_newest_version_and_a_well_formed_address() -> None:
    for framework, accounts in ACCOUNTS.items():
        for region in accounts:
            address = image(framework, None, region, CPU)
            assert re.fullmatch(rf"\d{{12}}\.dkr\.ecr\.{region}\.[a-z0-9.-]+/[a-z-]+:[a-z0-9.-]+", address), address
            assert SINCE.get(framework, {}).get(region) in {None, *TAGS[framework]}


@pytest.mark.parametrize(
    ("framework", "version", "said"),
    [
        ("xgboost", "1.7-1", "found '1.7-1' with framework xgboost, which has 3.2-0, 3.0-5"),
        ("builtin-xgboost", "latest", "found 'latest' with framework builtin-xgboost, which has 3.2-0, 3.0-5"),
        ("sklearn", "1.4.2", "The nearest: 1.4-2"),
        ("pytorch", "2.8", "The nearest: 2.8.0"),
        ("tensorflow", "", "framework_version: found ''"),
    ],
)
def test_a_version_that_there_is_not_is_rejected_naming_the_nearest(framework: str, version: str, said: str) -> None:
    with pytest.raises(Rejected) as caught:
        image(framework, version, "us-east-1", CPU)
    assert said in str(caught.value)


def test_a_version_from_before_a_regions_first_is_rejected_naming_that() -> None:
    with pytest.raises(Rejected, match=r"us-iso-east-1 are 2\.10\.0, 2\.9\.0\. The nearest: 2\.9\.0"):
        image("pytorch", "2.8.0", "us-iso-east-1", CPU)


@pytest.mark.parametrize(("region", "near"), [("eu-west-9", "eu-west-"), ("us-esat-1", "us-east-1")])
@pytest.mark.parametrize("framework", ["xgboost", "builtin-xgboost", "pytorch"])
def test_a_region_without_an_image_is_refused_naming_those_nearest(framework: str, region: str, near: str) -> None:
    with pytest.raises(LaunchRefused) as caught:
        image(framework, None, region, CPU)
    assert near in str(caught.value)


def test_a_region_that_has_images_of_other_frameworks_alone_is_refused_naming_those() -> None:
    with pytest.raises(LaunchRefused, match=r"ap-east-2.*Frameworks with one there: pytorch, tensorflow"):
        image("xgboost", None, "ap-east-2", CPU)


@pytest.mark.parametrize(
    ("framework", "instance_type", "said"),
    [
        ("sklearn", GPU, "Take a CPU type such as ml.m5.large."),
        ("pytorch", "ml.trn1.2xlarge", "a CPU type such as ml.m5.large or a GPU type such as ml.g5.xlarge"),
        ("xgboost", "ml.inf2.xlarge", "found 'ml.inf2.xlarge'"),
        ("tensorflow", "ml.p2.xlarge", "found 'ml.p2.xlarge'"),
    ],
)
def test_instances_that_the_image_does_not_run_on_are_rejected(framework: str, instance_type: str, said: str) -> None:
    with pytest.raises(Rejected, match="instance_type") as caught:
        image(framework, None, "us-east-1", instance_type)
    assert said in str(caught.value)
