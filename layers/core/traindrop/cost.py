"""What training costs, before and after: rules over seconds, instances and prices. Money is USD, as Decimal.

Only the instances are counted: not their disks ($0.14 a GB and month in us-east-1, by the second), nor what is
stored, nor taxes and free tiers.
https://aws.amazon.com/sagemaker/ai/pricing/
"""

from decimal import ROUND_HALF_UP, Decimal

from traindrop.prices import LambdaRates

_HOUR = Decimal(3600)
_GB = Decimal(1024)
_SMALL = Decimal("0.0001")
# Sums of amounts that end somewhere come out the same in any order.
_FINEST = Decimal("1E-12")


def training_cost(seconds: int, instances: int, hourly: Decimal) -> Decimal:
    """What `seconds` of each of `instances` cost at `hourly`.

    With BillableTimeInSeconds that is what AWS bills, on spot too; with the maximum run time it is the worst case.
    A spot job's worst case is the same: what the market asks is not known before, and never more than on demand.
    "Multiply BillableTimeInSeconds by the number of instances (InstanceCount) in your training cluster to get the
    total compute time SageMaker AI bills you." (DescribeTrainingJob, API reference)
    """
    return plain((hourly * instances * seconds / _HOUR).quantize(_FINEST, ROUND_HALF_UP))


def longest_run(usd: Decimal, instances: int, hourly: Decimal) -> int:
    """The whole seconds that `usd` pay for."""
    return int(usd * _HOUR / (hourly * instances))


def lambda_cost(memory_mb: int, seconds: Decimal, rates: LambdaRates, *, requests: int = 1) -> Decimal:
    """GB-seconds, in Lambda's GB of 1,024 MB, and requests; without the free tier.

    https://aws.amazon.com/lambda/pricing/
    """
    return Decimal(memory_mb) / _GB * seconds * Decimal(rates.gb_second) + requests * Decimal(rates.request)


def spot_saving(training_seconds: int, billable_seconds: int) -> Decimal:
    """The share of the on-demand cost that was not billed: 1 - billable / training, 0 where there is none.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
    """
    if training_seconds <= billable_seconds or not training_seconds:
        return Decimal(0)
    return 1 - Decimal(billable_seconds) / training_seconds


def plain(usd: Decimal) -> Decimal:
    """The same amount without zeros at its end, and without an exponent where there need be none."""
    return Decimal(f"{usd.normalize():f}")


def dollars(usd: Decimal) -> str:
    """`$1,234.50`, `$0.0042`, `$0.0000017`: four decimals, or two digits of less; never nothing for something."""
    step = _SMALL if usd == 0 or abs(usd) >= _SMALL else Decimal(1).scaleb(usd.adjusted() - 1)
    return _shown(usd.quantize(step, ROUND_HALF_UP))


def exact(usd: Decimal) -> str:
    """All digits of a price: `$0.115`, `$11.00736`."""
    return _shown(usd)


def _shown(usd: Decimal) -> str:
    text = f"{usd:,f}"
    whole, _, digits = text.partition(".")
    return f"${whole}.{digits.rstrip('0'):0<2}"
