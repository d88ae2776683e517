"""What the Price List API answers, as prices."""

from tests.price_list_products import LAMBDA, SAGEMAKER, dimension, of_lambda

from traindrop.prices import LambdaRates
from traindrop_cli.price_list import lambda_rates, training_prices


def test_the_price_of_a_training_hour_is_that_of_component_training_on_demand_and_of_nothing_else() -> None:
    assert training_prices(SAGEMAKER) == {"ml.g5.xlarge": "1.408", "ml.m5.large": "0.115"}


def test_usage_types_of_other_regions_are_read_the_same() -> None:
    text = [product.replace("USE1-", "EUC1-") for product in SAGEMAKER]
    assert training_prices(text) == training_prices(SAGEMAKER)
    abroad = [product.replace('"Lambda-GB', '"APN1-Lambda-GB') for product in LAMBDA]
    assert lambda_rates(abroad) == lambda_rates(LAMBDA)


def test_lambda_is_priced_by_its_first_tier_and_x86() -> None:
    assert lambda_rates(LAMBDA) == LambdaRates(gb_second="0.0000166667", request="0.0000002")


def test_half_of_lambdas_rates_is_none() -> None:
    assert lambda_rates(LAMBDA[:2]) is None
    only_later_tier = of_lambda("B", "Request", "AWS-Lambda-Requests", dimension("0.1", "Requests", "1000"))
    assert lambda_rates([LAMBDA[0], only_later_tier]) is None


def test_no_products_are_no_prices() -> None:
    assert training_prices([]) == {}
