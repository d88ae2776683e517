"""The rule by which SageMaker stops training jobs of a tuning early, and Google Vizier before it.

"If the value of the objective metric for the current training job is worse than the median value of running averages
of the objective metric for previous training jobs up to the same epoch, SageMaker AI stops the current training job."
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-early-stopping.html
Golovin et al., Google Vizier, KDD 2017, 3.2.2 (median stopping rule): https://doi.org/10.1145/3097983.3098043
"""

from collections.abc import Sequence
from statistics import median

from traindrop.thinned_curve import Curve, mean_until

# Both from benchmarks/tuning.py; SageMaker names no numbers.
LEAST_TRIALS = 5
FIRST_ROUND = 8


def medians(
    curves: Sequence[Curve], least_trials: int = LEAST_TRIALS, first_round: int = FIRST_ROUND
) -> dict[int, float]:
    """By round, the median of the running averages: at powers of two that enough trials have come to."""
    found: dict[int, float] = {}
    round_ = first_round
    while True:
        means = [mean for curve in curves if (mean := mean_until(curve, round_)) is not None]
        if len(means) < least_trials:
            return found
        found[round_] = median(means)
        round_ *= 2
