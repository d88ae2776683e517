"""Tuning jobs: CreateHyperParameterTuningJob, Describe…, Stop…, List…, ListTrainingJobsForHyperParameterTuningJob."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from traindrop.job_state import JobState, Scope
from traindrop.search_space import trial_name
from traindrop_cli.local.sagemaker import tuning_acceptance as acceptance
from traindrop_cli.local.sagemaker import tuning_views
from traindrop_cli.local.sagemaker.errors import validation_error
from traindrop_cli.local.sagemaker.listing import asked_for, page
from traindrop_cli.local.sagemaker.store import Store
from traindrop_cli.local.sagemaker.surroundings import Settings, Surroundings
from traindrop_cli.local.sagemaker.training_api import TrainingJobs
from traindrop_cli.local.sagemaker.tuning_lists import children_asked_for
from traindrop_cli.local.sagemaker.tuning_runs import TuningRuns
from traindrop_cli.local.sagemaker.tuning_state import after_restart, as_record, new_tuning
from traindrop_cli.local.sagemaker.tuning_trials import training_request

Parameters = Mapping[str, Any]


class TuningJobs:
    """May be called from several threads."""

    def __init__(self, settings: Settings, surroundings: Surroundings, training: TrainingJobs) -> None:
        self._training = training
        self._store = Store(settings.tuning_file, after_restart, as_record, acceptance.not_found)
        self._runs = TuningRuns(settings, surroundings, training, self._store)

    @property
    def operations(self) -> dict[str, Callable[[Scope, Parameters], dict[str, Any]]]:
        return {
            "CreateHyperParameterTuningJob": self._create,
            "DescribeHyperParameterTuningJob": self._describe,
            "StopHyperParameterTuningJob": self._stop,
            "ListHyperParameterTuningJobs": self._list,
            "ListTrainingJobsForHyperParameterTuningJob": self._list_children,
        }

    def training_job_ended(self, ended: JobState) -> None:
        """Maybe one of a tuning job; in any case its instances are free."""
        for tuning in self._store.of(ended.scope):
            if not tuning.is_over:
                self._runs.go_on(tuning)

    def arn_of(self, scope: Scope, training_job: str) -> str | None:
        """The tuning job that launched a training job; None where a person did."""
        of_scope = self._store.of(scope)
        return next((each.arn for each in of_scope if any(child.job == training_job for child in each.children)), None)

    def tags(self, scope: Scope, name: str) -> Mapping[str, str]:
        return self._store.get(scope, name).tags

    def add_tags(self, scope: Scope, name: str, given: Mapping[str, str]) -> Mapping[str, str]:
        """All that it has then."""
        return self._store.change(scope, name, lambda found: replace(found, tags={**found.tags, **given})).tags

    def shut_down(self) -> None:
        """Begin nothing more."""
        self._runs.shut_down()

    def _create(self, scope: Scope, request: Parameters) -> dict[str, Any]:
        acceptance.refuse_contradictions(request)
        tuning = new_tuning(scope, request, time.time())
        of_training = training_request(tuning, trial_name(tuning.name, 1), {})
        self._training.refuse(scope, of_training, tuning.arn)
        copies = tuning.config["ResourceLimits"]["MaxParallelTrainingJobs"]
        self._training.refuse_over_quota(scope, of_training, copies)
        self._store.add(tuning, lambda others: acceptance.refuse_taken_name(tuning.name, others))
        self._runs.begin(tuning)
        return {"HyperParameterTuningJobArn": tuning.arn}

    def _describe(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        tuning = self._store.get(scope, parameters["HyperParameterTuningJobName"])
        return tuning_views.describe(tuning, self._runs.jobs(tuning))

    def _stop(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        tuning = self._store.get(scope, parameters["HyperParameterTuningJobName"])
        if tuning.is_over:
            raise validation_error(
                f"The request was rejected because the hyperparameter tuning job is in status {tuning.status}."
            )
        self._runs.end(tuning)
        return {}

    def _list(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        found = asked_for(self._store.of(scope), parameters, by="Name", order="Ascending")
        shown = [tuning_views.summary(tuning, self._runs.jobs(tuning)) for tuning in found]
        return page("HyperParameterTuningJobSummaries", shown, parameters)

    def _list_children(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        tuning = self._store.get(scope, parameters["HyperParameterTuningJobName"])
        found = children_asked_for(tuning, self._runs.jobs(tuning), parameters)
        return page("TrainingJobSummaries", found, parameters)
