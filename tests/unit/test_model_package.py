"""What goes to the SageMaker Model Registry is what its API takes, whatever a dataset is called."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import a_run

from traindrop.evaluation import Evaluation, Scored
from traindrop.model_package import group_name, group_request, package_request
from traindrop.run import Run
from traindrop_cli.local.sagemaker.validation import validate

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"


def an_evaluation(run: Run, target: str = "species", metrics: int = 3) -> Evaluation:
    return Evaluation(
        run=run.run, dataset=run.dataset, task="binary", target=target, classes=("rose", "tulip"), main_metric="m0",
        scored=Scored(file="t.csv", digest="sha256:" + "0" * 64, rows=60),
        metrics={f"m{number}": number / 7 for number in range(metrics)} | {"undefined": None},
        intervals={"m0": (0.1, 0.2)}, validation={}, timings={}, model=run.uri(run.model_key),
    )  # fmt: skip


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_every_request_is_one_that_the_service_takes(dataset: str, target: str) -> None:
    run = a_run(dataset=dataset)
    validate("CreateModelPackageGroup", group_request("traindrop", dataset))
    request = package_request(
        run,
        an_evaluation(run, target, metrics=60),
        stack="traindrop",
        image=IMAGE,
        approval="Approved",
        has_report=True,
    )
    validate("CreateModelPackage", request)


def test_a_report_is_attached_where_there_is_one() -> None:
    run = a_run()
    with_report, without = (
        package_request(run, an_evaluation(run), stack="s", image=IMAGE, approval="Approved", has_report=each)
        for each in (True, False)
    )
    report = f"s3://{run.bucket}/runs/{run.run}/report.html"
    assert with_report["ModelMetrics"]["Explainability"]["Report"]["S3Uri"] == report
    assert with_report["CustomerMetadataProperties"]["report"] == report
    assert "Explainability" not in without["ModelMetrics"]
    assert "undefined" not in str(without["CustomerMetadataProperties"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("traindrop", "dev-x"), ("traindrop-dev", "x")),
        (("traindrop", "größe"), ("traindrop", "grösse")),
        (("traindrop", "a b"), ("traindrop", "a-b")),
        (("traindrop", "数据"), ("traindrop", "données")),
    ],
)
def test_no_two_datasets_share_a_group(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert group_name(*one) != group_name(*other)
    assert group_name(*one).startswith(f"{one[0]}-")
    assert group_name("traindrop", "titanic").startswith("traindrop-titanic-")
