"""Every image address held against both versions of the SageMaker SDK, in every region that they know."""

from pathlib import Path
from typing import Any

import pytest
from tests.oracle.generated_table import image_table
from tests.oracle.sdk.images import PROCESSORS
from tests.oracle.sdk_environment import absent, ask

import traindrop.image_table
from traindrop.errors import Rejected
from traindrop.images import image, versions
from traindrop_cli.local.sagemaker.validation import input_shape

pytestmark = pytest.mark.xdist_group("addresses")

INSTANCE_TYPES = input_shape("CreateTrainingJob").members["ResourceConfig"].members["InstanceType"].enum  # type: ignore[attr-defined]


@pytest.fixture(scope="module", params=[2, 3], ids="SDK v{}".format)
def sdk(request: pytest.FixtureRequest) -> Any:
    if reason := absent(request.param):
        pytest.skip(reason)
    return ask(request.param, "images.py", INSTANCE_TYPES)


def ours(framework: str, version: str, region: str, instance_type: str) -> str | None:
    try:
        return image(framework, version, region, instance_type)
    except Rejected as error:
        assert "instance_type" in str(error)  # noqa: PT017 - the rejection is an answer here
        return None


def test_every_address_is_the_sdks_for_every_framework_version_region_and_processor(sdk: Any) -> None:
    compared = {
        (framework, version, region, processor): (
            ours(framework, version, region, instance_type),
            addresses.get(processor),
        )
        for framework, by_version in sdk["addresses"].items()
        for version, by_region in by_version.items()
        for region, addresses in by_region.items()
        for processor, instance_type in PROCESSORS.items()
    }
    assert {where: pair for where, pair in compared.items() if pair[0] != pair[1]} == {}
    regions = {region for _, _, region, _ in compared}
    assert {"us-east-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1"} <= regions
    assert len(compared) > 600


def test_we_know_every_version_that_the_sdk_knows(sdk: Any) -> None:
    for framework, known in sdk["addresses"].items():
        assert set(known) <= set(versions(framework))


def test_every_instance_type_of_the_service_is_cpu_gpu_or_neither_as_the_sdk_has_it(sdk: Any) -> None:
    for instance_type, address in sdk["instance_types"].items():
        runs = address is not None and "neuron" not in address
        assert ours("pytorch", "2.8.0", "us-east-1", instance_type) == (address if runs else None), instance_type


@pytest.mark.parametrize("sdk", [3], ids="SDK v{}".format, indirect=True)
def test_the_table_is_what_make_images_makes_of_the_newest_sdk(sdk: Any) -> None:
    assert Path(traindrop.image_table.__file__).read_text("utf-8") == image_table(sdk["addresses"])
