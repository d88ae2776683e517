"""What the operator of a stack demands of every training job."""

from typing import Any

import pytest
from tests.builders import a_job
from tests.unit.test_request import problems

from traindrop.bundle import pack
from traindrop.code import Code
from traindrop.config import TrainingConfig
from traindrop.confinement import CODE_IN_CHANNEL, FREE, Confinement, check_confined
from traindrop.errors import Rejected
from traindrop.request import training_job_request
from traindrop.script_mode import decoded_hyperparameters

KEY = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-0000-0000-0000-000000000000"


def request(confinement: Confinement, **config: Any) -> dict[str, Any]:
    made = training_job_request(a_job(confinement=confinement), TrainingConfig(**config))
    assert problems(made) == []
    return made


def test_without_demands_the_request_names_neither_key_nor_network() -> None:
    made = request(FREE)
    assert not {"VpcConfig", "EnableNetworkIsolation"} & made.keys()
    assert "KmsKeyId" not in made["OutputDataConfig"]
    assert "VolumeKmsKeyId" not in made["ResourceConfig"]


def test_a_key_encrypts_artifacts_and_volumes() -> None:
    made = request(Confinement(kms_key=KEY), instance_type="ml.m5.large")
    assert made["OutputDataConfig"]["KmsKeyId"] == made["ResourceConfig"]["VolumeKmsKeyId"] == KEY


@pytest.mark.parametrize(
    "kind", ["ml.g4dn.xlarge", "ml.p5.48xlarge", "ml.p4d.24xlarge", "ml.p3dn.24xlarge", "ml.g5.xlarge"]
)
def test_instances_with_disks_of_their_own_take_no_key_for_them(kind: str) -> None:
    made = request(Confinement(kms_key=KEY), instance_type=kind)
    assert "VolumeKmsKeyId" not in made["ResourceConfig"]
    assert made["OutputDataConfig"]["KmsKeyId"] == KEY


@pytest.mark.parametrize("kind", ["ml.m5.large", "ml.c5n.xlarge", "ml.r5.large", "ml.p3.2xlarge", "ml.t3.medium"])
def test_volumes_of_all_others_are_encrypted_with_it(kind: str) -> None:
    assert request(Confinement(kms_key=KEY), instance_type=kind)["ResourceConfig"]["VolumeKmsKeyId"] == KEY


def test_a_vpc_is_named_by_its_subnets_and_security_groups() -> None:
    made = request(Confinement(subnets=("subnet-1", "subnet-2"), security_groups=("sg-1",)))
    assert made["VpcConfig"] == {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}


def test_an_isolated_script_comes_by_a_channel_since_the_container_cannot_fetch_it() -> None:
    made = request(Confinement(isolated=True))
    assert made["EnableNetworkIsolation"] is True
    (channel,) = [each for each in made["InputDataConfig"] if each["ChannelName"] == "code"]
    uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri == "s3://traindrop-dropbucket-1a2b3c4d/code/0f1e2d/sourcedir.tar.gz"
    assert decoded_hyperparameters(made)["sagemaker_submit_directory"] == CODE_IN_CHANNEL
    assert CODE_IN_CHANNEL.endswith(f"/code/{uri.rpartition('/')[2]}")


def test_an_image_that_brings_its_algorithm_gets_no_channel_of_code() -> None:
    job = a_job(confinement=Confinement(isolated=True), entry_point=None, bundle_key=None)
    made = training_job_request(job, TrainingConfig(framework="builtin-xgboost"))
    assert {each["ChannelName"] for each in made["InputDataConfig"]} == {"train", "test"}


def test_packages_that_nothing_can_install_are_rejected_before_launch() -> None:
    code = Code(pack({"train.py": b"", "requirements.txt": b"six"}), own=True, installs=True)
    with pytest.raises(Rejected, match=r"requirements\.txt, and this stack trains without any network"):
        check_confined(code, Confinement(isolated=True))
    check_confined(code, FREE)
