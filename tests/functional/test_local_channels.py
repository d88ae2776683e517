"""Where the objects of a channel land, and which numbers of a log line become metrics."""

import pytest

from traindrop.channels import DataError, relative_path, split_uri
from traindrop.final_metrics import FinalMetrics


@pytest.mark.parametrize(
    ("key", "prefix", "expected"),
    [
        ("a/b/x.csv", "a/b/x.csv", "x.csv"),  # one object, named in full
        ("a/b/x.csv.bak", "a/b/x.csv", "x.csv.bak"),  # a prefix knows no ends of names
        ("a/b/x.csv", "a/b", "x.csv"),
        ("a/b/x.csv", "a/b/", "x.csv"),
        ("a/b/c/x.csv", "a/b", "c/x.csv"),
        ("a/b/x.csv", "a/b/x", "x.csv"),
        ("a/b//x.csv", "a/b", "x.csv"),
        ("a/x.csv", "", "a/x.csv"),
        ("x?#%20.csv", "x", "x?#%20.csv"),
    ],
)
def test_an_object_lands_at_its_key_relative_to_the_folder_of_the_prefix(key: str, prefix: str, expected: str) -> None:
    assert relative_path(key, prefix) == expected


def test_an_object_cannot_leave_its_channel() -> None:
    with pytest.raises(DataError, match=r"'a/\.\./\.\./x' leaves the channel's folder"):
        relative_path("a/../../x", "a/")


def test_the_key_of_a_uri_is_not_decoded() -> None:
    assert split_uri("s3://bucket/a %20?#/é.csv") == ("bucket", "a %20?#/é.csv")


def test_the_last_number_of_each_metric_is_its_final_value() -> None:
    metrics = FinalMetrics([{"Name": "auc", "Regex": "auc=(\\S+)"}, {"Name": "loss", "Regex": "loss=(\\S+)"}])
    for line in ("[0] auc=0.5 loss=1e-1", "[1] auc=0.75", "[2] auc=nothing", "no metric"):
        metrics.read(line)
    assert [(each["MetricName"], each["Value"]) for each in metrics.final()] == [("auc", 0.75), ("loss", 0.1)]
