"""The prices that are shipped: each read in a source with a date, none computed from another.

AWS publishes them as a file for each region (the "offer file" of AmazonSageMaker and of AWSLambda,
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html) and by the Price List API. Nothing
here was fetched from AWS by us: each list was copied from public text that quotes one of these and its date. What no
such text said is not in here, however usual the instance type; `traindrop prices --refresh` asks AWS itself.
"""

from datetime import date

from traindrop.prices import LambdaRates, PriceList

_OFFER = "offer file {}, published {}, as quoted in public text"
_API = "Price List API, asked on {}, as quoted in public text"
# The same in every region that a source was found for.
_LAMBDA = LambdaRates(gb_second="0.0000166667", request="0.0000002")


def _sagemaker(region: str, published: str) -> str:
    return _OFFER.format(f"AmazonSageMaker/{region}", published)


SHIPPED: tuple[PriceList, ...] = (
    PriceList("us-east-1", date(2026, 8, 11), _API.format("2026-08-11"), {"ml.m5.large": "0.115"}),
    PriceList(
        "us-east-1", date(2026, 9, 4), _sagemaker("us-east-1", "2026-09-04"),
        {"ml.g6e.2xlarge": "2.800", "ml.g6e.12xlarge": "13.120", "ml.p4d.24xlarge": "25.251",
         "ml.p5.48xlarge": "63.296"},
    ),
    PriceList(
        "us-east-1", date(2026, 9, 24), _sagemaker("us-east-1", "2026-09-24T23:59Z"),
        {"ml.m5.xlarge": "0.23", "ml.m5.4xlarge": "0.922", "ml.m6i.4xlarge": "0.922", "ml.r5.4xlarge": "1.21",
         "ml.r7i.2xlarge": "0.635", "ml.r7i.4xlarge": "1.2701", "ml.c6i.8xlarge": "1.632", "ml.g4dn.xlarge": "0.736",
         "ml.g5.xlarge": "1.408", "ml.g6.xlarge": "1.127"},
    ),
    PriceList(
        "us-east-1", date(2026, 9, 25), _sagemaker("us-east-1", "2026-09-25T00:03:13Z"),
        {"ml.c5.4xlarge": "0.816", "ml.c5.9xlarge": "1.836", "ml.m5.4xlarge": "0.922", "ml.r5.4xlarge": "1.210",
         "ml.r5.8xlarge": "2.419", "ml.g4dn.xlarge": "0.736", "ml.g5.xlarge": "1.408", "ml.g5.2xlarge": "1.515"},
    ),
    PriceList(
        "us-east-1", date(2026, 9, 19), _OFFER.format("AWSLambda/us-east-1", "2026-09-19"), lambda_rates=_LAMBDA
    ),
    PriceList(
        "us-west-2", date(2026, 9, 16), "offer file AmazonSageMaker/us-west-2, read on 2026-09-16, as quoted in public "
        "text", {"ml.c7i.2xlarge": "0.4284"},
    ),
    PriceList(
        "eu-north-1", date(2026, 9, 13), _sagemaker("eu-north-1", "2026-09-13T03:17:25Z"),
        {"ml.c7i.2xlarge": "0.45864", "ml.c7i.48xlarge": "11.00736"},
    ),
    PriceList("eu-west-3", date(2026, 10, 1), _OFFER.format("AWSLambda/eu-west-3", "2026-10-01"), lambda_rates=_LAMBDA),
    PriceList(
        "ap-northeast-1", date(2026, 9, 22), _sagemaker("ap-northeast-1", "2026-09-22"), {"ml.g6.xlarge": "1.634"}
    ),
    PriceList(
        "ap-northeast-1", date(2026, 9, 23), "offer file AWSLambda/ap-northeast-1, read on 2026-09-23, as quoted in "
        "public text", lambda_rates=_LAMBDA,
    ),
    PriceList(
        "ap-south-1", date(2026, 9, 21), _sagemaker("ap-south-1", "2026-09-21T17:25:04Z"),
        {"ml.c5.xlarge": "0.204", "ml.c5.2xlarge": "0.408", "ml.c5.4xlarge": "0.816", "ml.c5.9xlarge": "1.836",
         "ml.c5.18xlarge": "3.672", "ml.c6i.xlarge": "0.204", "ml.c6i.2xlarge": "0.408", "ml.c6i.4xlarge": "0.816",
         "ml.c6i.8xlarge": "1.632", "ml.c7i.large": "0.1071", "ml.c7i.xlarge": "0.2142", "ml.c7i.2xlarge": "0.4284",
         "ml.c7i.4xlarge": "0.8568", "ml.m5.large": "0.121", "ml.m5.xlarge": "0.242", "ml.m5.2xlarge": "0.485",
         "ml.m5.4xlarge": "0.97", "ml.m5.12xlarge": "2.909", "ml.m5.24xlarge": "5.818", "ml.m6i.large": "0.121",
         "ml.m6i.xlarge": "0.242", "ml.m6i.2xlarge": "0.485", "ml.m6i.4xlarge": "0.97", "ml.m7i.large": "0.12726",
         "ml.m7i.xlarge": "0.25452", "ml.m7i.2xlarge": "0.50904", "ml.r5.large": "0.156", "ml.r5.xlarge": "0.312",
         "ml.r5.2xlarge": "0.624", "ml.r5.4xlarge": "1.248", "ml.r5.8xlarge": "2.496", "ml.g4dn.xlarge": "0.811",
         "ml.g4dn.2xlarge": "1.035", "ml.g4dn.4xlarge": "1.656", "ml.g4dn.8xlarge": "2.994",
         "ml.g4dn.12xlarge": "5.383", "ml.g5.xlarge": "1.69", "ml.g5.2xlarge": "1.82", "ml.g5.4xlarge": "2.44",
         "ml.g5.8xlarge": "3.67", "ml.g5.12xlarge": "8.51", "ml.g5.48xlarge": "24.45", "ml.g6.xlarge": "1.353",
         "ml.g6.2xlarge": "1.467", "ml.g6.4xlarge": "1.986", "ml.p4d.24xlarge": "30.29606",
         "ml.p5.48xlarge": "75.9575"},
    ),
)  # fmt: skip
