"""Every address of a training image that traindrop may ask for, as the SDK of this environment gives it.

Run by `tests.oracle.sdk_environment.ask` with a list of instance types; answers with `addresses` (framework → version →
region → cpu or gpu → address) and `instance_types` (the address of one PyTorch image for each of these, or null).
"""

import json
import re
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

# From which version on images are taken; what is older is left out for these reasons.
OLDEST = {
    "xgboost": "3.0-5",  # our script is written for XGBoost 3; it no longer reads the model file that 1.7-1 leaves
    "sklearn": "1.4-2",  # the first on Python 3.10, which the files bundled with every script of ours need
    "pytorch": "2.5.1",  # the first whose torch.distributed.tensor is public
    "tensorflow": "2.16.2",  # the first with Keras 3
}
PROCESSORS = {"cpu": "ml.m5.large", "gpu": "ml.g5.xlarge"}


def release(version: str) -> tuple[int, ...]:
    """What versions are ordered by: 1.4-2 < 1.4-2-py312 < 1.9-0, and 2.9.0 < 2.10.0."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def addresses(sdk: Any) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    return {
        framework: {
            version: {region: _by_processor(sdk, framework, version, region) for region in found["registries"]}
            for version, found in sdk.config_for_framework(framework)["training"]["versions"].items()
            if release(version) >= release(oldest)
        }
        for framework, oldest in OLDEST.items()
    }


def _by_processor(sdk: Any, framework: str, version: str, region: str) -> dict[str, str]:
    found = {name: _address(sdk, framework, version, region, each) for name, each in PROCESSORS.items()}
    return {name: address for name, address in found.items() if address is not None}


def _address(sdk: Any, framework: str, version: str, region: str, instance_type: str) -> str | None:
    """None where the SDK knows no image of the version for such instances."""
    try:
        found: str = sdk.retrieve(
            framework, region, version=version, instance_type=instance_type, image_scope="training"
        )
    except ValueError as error:
        if not re.match(r"Unsupported processor|P2 instances have been deprecated", str(error)):
            raise
        return None
    return found


if __name__ == "__main__":
    module = import_module("sagemaker.core.image_uris" if find_spec("sagemaker.core") else "sagemaker.image_uris")
    # Unpatched, it reads the endpoints of every service anew for each address: minutes.
    module.utils._botocore_resolver = cache(module.utils._botocore_resolver)
    types = {each: _address(module, "pytorch", "2.8.0", "us-east-1", each) for each in json.load(sys.stdin)}
    print(json.dumps({"addresses": addresses(module), "instance_types": types}))  # the last line is the answer
