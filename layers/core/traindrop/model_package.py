"""The requests that put a champion into the SageMaker Model Registry: one group for each dataset. Pure.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from traindrop.evaluation import Evaluation
from traindrop.run import Run, slug

# EntityName, in the API reference.
_MAX_GROUP = 63
_DIGEST = 6
_MAX_VALUE = 256
_MAX_PROPERTIES = 50
# What CustomerMetadataProperties takes.
_FORBIDDEN = re.compile(r"[^\w .:/=+\-@]")


def group_name(stack: str, dataset: str) -> str:
    """`<stack>-<dataset>-<digest>`: else dataset b of a stack a-x and dataset x-b of a stack a would share one."""
    digest = hashlib.sha256(json.dumps([stack, dataset]).encode()).hexdigest()[:_DIGEST]
    return f"{slug(stack, dataset, _MAX_GROUP - _DIGEST - 1)}-{digest}"


def group_request(stack: str, dataset: str) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": group_name(stack, dataset),
        "ModelPackageGroupDescription": f"Champions of the dataset {_plain(dataset)} of the traindrop stack {stack}.",
    }


def package_request(
    run: Run, evaluation: Evaluation, *, stack: str, image: str, approval: str, has_report: bool
) -> dict[str, Any]:
    """`image`: of the training job. The token makes it one version, however often it is asked for."""
    quality = {"ContentType": "application/json", "S3Uri": run.uri(run.evaluation_key)}
    metrics: dict[str, Any] = {"ModelQuality": {"Statistics": quality}}
    if has_report:
        metrics["Explainability"] = {"Report": {"ContentType": "text/html", "S3Uri": run.uri(run.report_key)}}
    return {
        "ModelPackageGroupName": group_name(stack, run.dataset),
        "ModelPackageDescription": f"Run {run.run} of traindrop.",
        "ClientToken": hashlib.sha256(run.run.encode()).hexdigest()[:36],
        "ModelApprovalStatus": approval,
        "InferenceSpecification": {"Containers": [{"Image": image, "ModelDataUrl": run.uri(run.model_key)}]},
        "ModelMetrics": metrics,
        "CustomerMetadataProperties": dict(_properties(run, evaluation, has_report=has_report)),
    }


def _properties(run: Run, evaluation: Evaluation, *, has_report: bool) -> Iterator[tuple[str, str]]:
    """What a person looks for in the registry's list, 50 at the most."""
    found = {
        "traindrop:run": run.run,
        "traindrop:dataset": run.dataset,
        "framework": run.framework,
        "target": evaluation.target,
        "task": evaluation.task,
        "main_metric": evaluation.main_metric,
        "evaluation": run.uri(run.evaluation_key),
        "report": run.uri(run.report_key) if has_report else None,
        "test_rows": str(evaluation.scored.rows) if evaluation.scored else None,
        "test_digest": evaluation.scored.digest if evaluation.scored else None,
        "verdict": evaluation.verdict.outcome if evaluation.verdict else None,
        "tuning": evaluation.tuning.gain.outcome if evaluation.tuning and evaluation.tuning.gain else None,
        "former_champion": evaluation.verdict.champion if evaluation.verdict else None,
        **{f"metric:{name}": f"{value:.6g}" for name, value in evaluation.metrics.items() if value is not None},
        **{f"interval:{name}": f"{low:.6g} to {high:.6g}" for name, (low, high) in evaluation.intervals.items()},
    }
    told = ((name, _plain(value)) for name, value in found.items() if value)
    yield from list(told)[:_MAX_PROPERTIES]


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("_", text)[:_MAX_VALUE]
