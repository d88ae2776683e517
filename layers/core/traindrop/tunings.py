"""A run's tuning job, wherever its trials are carried out: SageMaker's, or one whose trials Lambda functions train."""

from typing import Protocol

from traindrop import lambda_tunings, sagemaker_tunings
from traindrop.carrier import Carrier
from traindrop.lambda_limits import LAMBDA
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop.trial import Trial


class Tunings(Carrier, Protocol):
    """Who carries tuning jobs out. A stop ends the tuning and the trials that run; those that have
    ended stay as they are.

    The event that `state_change` is of is "SageMaker HyperParameter Tuning Job State Change".
    """

    def trials(self, run: Run, ledger: Ledger) -> tuple[Trial, ...]: ...


def tunings_of(run: Run) -> Tunings:
    """Those of the place where a run tunes."""
    return lambda_tunings if run.instance_type == LAMBDA else sagemaker_tunings


def trials_of(run: Run, ledger: Ledger) -> tuple[Trial, ...]:
    """The trials of a run's present attempt as they stand, by number, the defaults' first; none before its launch."""
    return tunings_of(run).trials(run, ledger)
