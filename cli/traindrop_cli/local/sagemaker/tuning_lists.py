"""The training jobs of a tuning job as ListTrainingJobsForHyperParameterTuningJob lists them."""

from collections.abc import Mapping
from typing import Any

from traindrop_cli.local.sagemaker.tuning_state import Jobs, TuningState
from traindrop_cli.local.sagemaker.tuning_views import child_summary

_VALUE = "FinalHyperParameterTuningJobObjectiveMetric"


def children_asked_for(tuning: TuningState, jobs: Jobs, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Their summaries. "If the value of this field is FinalObjectiveMetricValue, any training jobs that did not return
    an objective metric are not listed" (SortBy)."""
    by, status = parameters.get("SortBy", "Name"), parameters.get("StatusEquals")
    found = [child_summary(tuning, child, jobs) for child in tuning.children]
    if by == "FinalObjectiveMetricValue":
        found = [each for each in found if _VALUE in each]
    found = [each for each in found if status in {None, each["TrainingJobStatus"]}]
    found.sort(key=lambda each: _place(each, by), reverse=parameters.get("SortOrder") == "Descending")
    return found


def _place(summary: Mapping[str, Any], by: str) -> Any:
    if by == "FinalObjectiveMetricValue":
        return summary[_VALUE]["Value"]
    return summary[{"Name": "TrainingJobName", "Status": "TrainingJobStatus"}.get(by, by)]
