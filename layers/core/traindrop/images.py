"""Addresses of SageMaker's own training images.

The table is the SageMaker Python SDK's, from the oldest version on that our scripts can run in, which
tests/oracle/sdk/images.py has with the reasons. A version is always spelled out: `latest` and `1` of XGBoost mean 0.72
of 2018.
"""

import difflib
from collections.abc import Collection

from traindrop.errors import LaunchRefused, Rejected
from traindrop.image_table import ACCOUNTS, DOMAINS, REPOSITORIES, SINCE, TAGS

_IMAGE_OF = {"builtin-xgboost": "xgboost"}


def versions(framework: str) -> tuple[str, ...]:
    """Those that `framework_version` may have, newest first; none for `custom`, which brings its own image."""
    return tuple(TAGS.get(_IMAGE_OF.get(framework, framework), ()))


def image(framework: str, version: str | None, region: str, instance_type: str) -> str:
    """The address of the training image, for CPU or GPU as the instance type has; without a version, the newest.

    Raises `LaunchRefused` where the region has no image of the framework, `Rejected` where there is none of the version
    or for such instances.
    """
    name = _IMAGE_OF.get(framework, framework)
    account = ACCOUNTS[name].get(region)
    if account is None:
        raise LaunchRefused(_no_image_there(framework, region))
    tag = _tag(framework, _version(framework, version, region), instance_type)
    domain = DOMAINS.get(region, "amazonaws.com")
    return f"{account}.dkr.ecr.{region}.{domain}/{REPOSITORIES[name]}:{tag}"


def _version(framework: str, version: str | None, region: str) -> str:
    known = versions(framework)
    if version is None:
        return known[0]
    if version not in known:
        raise Rejected(
            f"training.yaml: framework_version: found {version!r} with framework {framework}, which has "
            f"{', '.join(known)}. The nearest: {', '.join(_nearest(version, known, most=2))}."
        )
    oldest = SINCE.get(_IMAGE_OF.get(framework, framework), {}).get(region, known[-1])
    there = known[: known.index(oldest) + 1]
    if version not in there:
        raise Rejected(
            f"training.yaml: framework_version: found {version!r} with framework {framework}, whose versions in the "
            f"region {region} are {', '.join(there)}. The nearest: {oldest}."
        )
    return version


def _tag(framework: str, version: str, instance_type: str) -> str:
    """Raises `Rejected` for instances that the framework's image does not run on."""
    family = instance_type.split(".")[1]
    # AWS's own chips need images of their own, and the GPU of P2 is too old for these. GPU types are told as the SDK
    # tells them: ml.g5, ml.p4d.
    processor = "other" if family.startswith(("trn", "inf", "p2")) else "gpu" if family[0] in "gp" else "cpu"
    tags = TAGS[_IMAGE_OF.get(framework, framework)][version]
    if processor not in tags:
        suggested = {"cpu": "a CPU type such as ml.m5.large", "gpu": "a GPU type such as ml.g5.xlarge"}
        raise Rejected(
            f"training.yaml: instance_type: found {instance_type!r}, and the image of framework {framework} does not "
            f"run there. Take {' or '.join(suggested[each] for each in tags)}."
        )
    return tags[processor]


def _no_image_there(framework: str, region: str) -> str:
    near = _nearest(region, ACCOUNTS[_IMAGE_OF.get(framework, framework)], most=3)
    others = [name for name, accounts in ACCOUNTS.items() if region in accounts]
    also = f" Frameworks with one there: {', '.join(others)}." if others else ""
    return f"SageMaker has no {framework} image in the region {region}. The nearest regions: {', '.join(near)}.{also}"


def _nearest(word: str, known: Collection[str], *, most: int) -> list[str]:
    return difflib.get_close_matches(word, known, n=most, cutoff=0)
