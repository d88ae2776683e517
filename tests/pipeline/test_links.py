"""The links in a message: what they open, for whom, until when."""

import re
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status


def links(body: str) -> dict[str, str]:
    """By what they lead to."""
    return dict(re.findall(r"^  (Model|Report) +(http\S+)$", body, re.MULTILINE))


def opened(link: str) -> bytes:
    with urllib.request.urlopen(link) as answer:  # noqa: S310 - of the loopback
        return bytes(answer.read())


def test_the_link_to_the_model_opens_it_for_who_has_no_credentials_and_opens_nothing_else(pipeline: Pipeline) -> None:
    pipeline.drop("linked", labelled(), target="label", hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("linked")
    assert run.status is Status.EVALUATED, run.reason
    body = pipeline.message("linked").body
    link = links(body)["Model"]
    assert opened(link) == pipeline.read(run.model_key)
    for other in (link.replace("model.tar.gz", "output.tar.gz"), link.partition("?")[0]):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            opened(other)
    (end,) = re.findall(r"until\s+(\S+\s+\S+)\s+UTC", body)
    until = datetime.strptime(end, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert timedelta(minutes=50) < until - datetime.now(UTC) <= timedelta(hours=1)
    (seconds,) = re.findall(r"X-Amz-Expires=(\d+)", link)
    assert 3500 < int(seconds) <= 3600


def test_a_report_that_is_there_has_its_link_too(pipeline: Pipeline) -> None:
    pipeline.drop("reported", labelled(), target="label", hyperparameters=ENDLESS, instance_type="ml.m5.large")
    run = pipeline.in_training("reported")
    pipeline.put(run.report_key, b"<!doctype html>")
    assert pipeline.traindrop("stop", run.run, "--yes").returncode == 0
    (run,) = pipeline.told("reported")
    assert run.status is Status.STOPPED
    body = pipeline.message("reported").body
    assert f"  Report      s3://{run.bucket}/{run.report_key}\n" in body
    assert links(body).keys() == {"Report"}
    assert opened(links(body)["Report"]) == b"<!doctype html>"
