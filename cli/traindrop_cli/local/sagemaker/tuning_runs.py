"""Carries tuning jobs out: launches their training jobs, a few at a time, until there are enough."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from traindrop.job_state import INTERNAL_ERROR, JobState, Scope
from traindrop.search_space import trial_name
from traindrop_cli.local.sagemaker.errors import ApiError
from traindrop_cli.local.sagemaker.store import Store
from traindrop_cli.local.sagemaker.surroundings import Settings, Surroundings
from traindrop_cli.local.sagemaker.training_api import TrainingJobs
from traindrop_cli.local.sagemaker.tuning_acceptance import most_jobs
from traindrop_cli.local.sagemaker.tuning_state import Child, Jobs, TuningState, moved
from traindrop_cli.local.sagemaker.tuning_trials import (
    Watch,
    limits_of_next,
    next_hyperparameters,
    training_request,
    why_hopeless,
)
from traindrop_cli.local.sagemaker.tuning_views import EVENT, event_detail

logger = logging.getLogger(__name__)


class TuningRuns:
    """What a tuning job does next is decided in a thread of its own, one step after the other: when it is created or
    stopped, and when any training job ends.

    Early stopping and Hyperband are those of `traindrop.pruning`: AWS tells the rule, but not the numbers.
    """

    def __init__(
        self, settings: Settings, surroundings: Surroundings, training: TrainingJobs, store: Store[TuningState]
    ) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._training = training
        self._store = store
        self._steps = ThreadPoolExecutor(1, thread_name_prefix="tuning-job")
        # By the ARN of the tuning job, and by the name of the training job.
        self._failures: dict[str, str] = {}
        self._watches: dict[str, Watch] = {}

    def begin(self, tuning: TuningState) -> None:
        """Tell of it and launch its first training jobs; stop it when its time is up."""
        self._tell(tuning)
        self.go_on(tuning)
        seconds = tuning.config["ResourceLimits"].get("MaxRuntimeInSeconds")
        if seconds is not None:
            timer = threading.Timer(seconds, self.end, (tuning,))
            timer.daemon = True
            timer.start()

    def end(self, tuning: TuningState) -> None:
        """Stop it and what runs of it, unless it has ended."""

        def stopping(found: TuningState) -> TuningState:
            return moved(found, "Stopping", time.time()) if found.status == "InProgress" else found

        stopped = self._store.change(tuning.scope, tuning.name, stopping)
        if stopped.status == "Stopping":
            self._tell(stopped)
            self.go_on(stopped)

    def go_on(self, tuning: TuningState) -> None:
        """Do what is to be done next, soon."""
        with suppress(RuntimeError):  # the local AWS is about to end
            self._steps.submit(self._step, tuning.scope, tuning.name)

    def jobs(self, tuning: TuningState) -> Jobs:
        return {child.job: self._training.state(tuning.scope, child.job) for child in tuning.children}

    def shut_down(self) -> None:
        """Begin nothing more."""
        self._steps.shutdown(wait=False, cancel_futures=True)

    def _step(self, scope: Scope, name: str) -> None:
        tuning = self._store.get(scope, name)
        if tuning.is_over:
            return
        try:
            self._launch_or_end(self._with_curves(tuning))
        except Exception:
            logger.exception("tuning job %s", name)
            self._finish(tuning, "Failed", INTERNAL_ERROR)

    def _launch_or_end(self, tuning: TuningState) -> None:
        most, jobs = most_jobs(tuning.request), self.jobs(tuning)
        reason = self._failures.get(tuning.arn) or why_hopeless(tuning, jobs, most)
        if tuning.status == "Stopping" or reason is not None:
            for job in _running(jobs):
                self._training.end(job.scope, job.name)
        else:
            tuning = self._launch(tuning, jobs, most)
            jobs = self.jobs(tuning)
            reason = self._failures.get(tuning.arn)
        if _running(jobs):
            return
        if tuning.status == "Stopping":
            self._finish(tuning, "Stopped")
        elif reason is not None:
            self._finish(tuning, "Failed", reason)
        elif len(tuning.children) >= most:
            self._finish(tuning, "Completed")

    def _launch(self, tuning: TuningState, jobs: Jobs, most: int) -> TuningState:
        """With as many training jobs more as may run; fewer where others have the instances."""
        free = tuning.config["ResourceLimits"]["MaxParallelTrainingJobs"] - len(_running(jobs))
        for _ in range(min(free, most - len(tuning.children))):
            try:
                tuning = self._with_one_more(tuning)
            except ApiError as error:
                if error.code != "ResourceLimitExceeded":
                    self._failures[tuning.arn] = error.message
                    self.go_on(tuning)
                break
        return tuning

    def _with_one_more(self, tuning: TuningState) -> TuningState:
        jobs, number = self.jobs(tuning), len(tuning.children) + 1
        hyperparameters, name = next_hyperparameters(tuning, jobs), trial_name(tuning.name, number)
        request = training_request(tuning, name, hyperparameters)
        watch = Watch(request, limits_of_next(tuning, jobs), lambda: self._training.end(tuning.scope, name))
        self._watches[name] = watch
        self._training.create(tuning.scope, request, watch)
        child = Child(number, name, hyperparameters)
        return self._store.change(
            tuning.scope, tuning.name, lambda found: replace(found, children=(*found.children, child))
        )

    def _with_curves(self, tuning: TuningState) -> TuningState:
        """With what was read in the logs of those that have ended."""
        jobs = self.jobs(tuning)

        def ended(child: Child) -> Child:
            watch = self._watches.pop(child.job, None) if jobs[child.job].is_over else None
            return child if watch is None else replace(child, curve=watch.curve, stopped_early=watch.has_missed)

        def changed(found: TuningState) -> TuningState:
            return replace(found, children=tuple(ended(child) for child in found.children))

        return self._store.change(tuning.scope, tuning.name, changed)

    def _finish(self, tuning: TuningState, status: str, reason: str | None = None) -> None:
        def ended(found: TuningState) -> TuningState:
            return moved(found, status, time.time(), reason)

        self._tell(self._store.change(tuning.scope, tuning.name, ended))

    def _tell(self, tuning: TuningState) -> None:
        for _ in range(self._settings.event_copies):
            detail = event_detail(tuning, self.jobs(tuning))
            self._surroundings.emit(tuning.scope, EVENT, [tuning.arn], detail)


def _running(jobs: Jobs) -> list[JobState]:
    return [job for job in jobs.values() if not job.is_over]
