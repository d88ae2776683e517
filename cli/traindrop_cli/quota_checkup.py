"""SageMaker's quota of training instances, beside how many jobs the stack launches at once."""

from collections.abc import Mapping
from typing import Any

import boto3

from traindrop.machines import LADDER
from traindrop_cli.checkup import NotKnown, Wrong
from traindrop_cli.stack import Stack

_CONSOLE = "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas"
# As Service Quotas lists them, and ResourceLimitExceeded names them.
_SUFFIX = " for training job usage"


def quota_found(stack: Stack) -> str:
    """Raises `Wrong` where no job can start on the smallest instance, `NotKnown` where nobody tells."""
    return judged(_quotas(), _most(stack.name))


def judged(quotas: Mapping[str, float], most: int | None) -> str:
    """`quotas` by instance type; `most`: the stack's MaxConcurrentJobs, None where it is not known."""
    known = {each.name: int(quotas[each.name]) for each in LADDER if each.name in quotas}
    if not known:
        raise NotKnown(f"Service Quotas tells none for training on {LADDER[0].name} and larger: {_CONSOLE}")
    smallest = next(iter(known))
    listed = ", ".join(f"{count} × {name}" for name, count in known.items())
    if known[smallest] == 0:
        raise Wrong(
            f"No training job can start on {smallest}: the account's quota is 0. Ask for more of '{smallest}{_SUFFIX}' "
            f"at {_CONSOLE}; until then runs wait, but for those in Lambda. Quotas: {listed}"
        )
    if most is not None and known[smallest] < most:
        return f"{listed}; MaxConcurrentJobs is {most}, so that further runs on {smallest} wait in the line"
    return listed if most is None else f"{listed}; MaxConcurrentJobs is {most}"


def _quotas() -> dict[str, float]:
    client: Any = boto3.client("service-quotas")
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    found = [quota for page in pages for quota in page["Quotas"] if quota["QuotaName"].endswith(_SUFFIX)]
    return {quota["QuotaName"].removesuffix(_SUFFIX): quota["Value"] for quota in found}


def _most(stack: str) -> int | None:
    described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    value = given.get("MaxConcurrentJobs")
    return None if value is None else int(value)
