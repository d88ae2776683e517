"""Whether probabilities are what they say: of the rows with 0.7, seven in ten."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CALIBRATION_BINS = 10

# A difference of two means of the same rows that is none; 1e-16 in a message would look like a finding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class CalibrationBins:
    """By `CALIBRATION_BINS` of equal width, those without rows left out: rows, mean probability, share of class 1."""

    rows: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    share: npt.NDArray[np.float64]


def bin_of(probability: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """The number of the bin that each is in; one on an edge is in the lower."""
    return np.searchsorted(np.linspace(0, 1, CALIBRATION_BINS + 1)[1:-1], probability)


def calibration_bins(positive: npt.NDArray[np.bool_], probability: npt.NDArray[np.floating]) -> CalibrationBins:
    """What share of the rows was of class 1 where the model said about so; scikit-learn's uniform calibration_curve."""
    wide = probability.astype(np.float64)
    place = bin_of(wide)
    rows = np.bincount(place, minlength=CALIBRATION_BINS)
    some = rows > 0
    sums = (np.bincount(place, weights=values, minlength=CALIBRATION_BINS)[some] for values in (wide, positive))
    probabilities, share = (total / rows[some] for total in sums)
    return CalibrationBins(rows[some], probabilities, share)


def calibration_error(positive: npt.NDArray[np.bool_], probability: npt.NDArray[np.floating]) -> float:
    """How far the probability is from the share of class 1, over the bins, weighted by their rows.

    M. P. Naeini, G. Cooper, M. Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, AAAI.
    """
    bins = calibration_bins(positive, probability)
    error = float((bins.rows * np.abs(bins.share - bins.probability)).sum() / len(positive))
    return 0.0 if error < _ROUNDING else error
