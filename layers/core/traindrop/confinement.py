"""What the operator of a stack demands of every training job: a key, a network, or none."""

import re
from dataclasses import dataclass
from typing import Any

from traindrop.code import Code
from traindrop.errors import Rejected
from traindrop.steps import REQUIREMENTS

# "You can't request a VolumeKmsKeyId when using an instance type with local storage": its own hardware encrypts it.
# (ResourceConfig, API reference)
_LOCAL_STORAGE = re.compile(r"ml\.([a-z]+\d[a-z]*d[a-z]*|g[56]e?|p[56][a-z]*|trn\d[a-z]*)\.\w+")
# The channel that brings the script where the container cannot fetch it itself, as the SageMaker SDK names it.
CODE_CHANNEL = "code"
CODE_IN_CHANNEL = f"/opt/ml/input/data/{CODE_CHANNEL}/sourcedir.tar.gz"


@dataclass(frozen=True)
class Confinement:
    """`kms_key` is an ARN; `subnets` and `security_groups` are ids, both empty outside of a VPC."""

    kms_key: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    isolated: bool = False

    def of_output(self) -> dict[str, str]:
        """For OutputDataConfig."""
        return {"KmsKeyId": self.kms_key} if self.kms_key else {}

    def of_volume(self, instance_type: str) -> dict[str, str]:
        """For ResourceConfig."""
        if not self.kms_key or _LOCAL_STORAGE.fullmatch(instance_type):
            return {}
        return {"VolumeKmsKeyId": self.kms_key}

    def of_network(self) -> dict[str, Any]:
        """For the request itself."""
        vpc = {"Subnets": list(self.subnets), "SecurityGroupIds": list(self.security_groups)}
        return {
            **({"VpcConfig": vpc} if self.subnets else {}),
            **({"EnableNetworkIsolation": True} if self.isolated else {}),
        }


FREE = Confinement()


def check_confined(code: Code, confinement: Confinement) -> None:
    """Raises `Rejected` for what cannot train without a network."""
    if confinement.isolated and code.installs:
        raise Rejected(
            f"the code folder has a {REQUIREMENTS}, and this stack trains without any network (NetworkIsolation), so "
            "nothing can be installed. Put the packages' source into the code folder, or take framework custom with an "
            "image that holds them."
        )
