"""Products as GetProducts of the AWS Price List API gives them: a list of JSON texts.

Fields and nesting are those of the API; amounts and SKUs of the training instances are ones that AWS published in 2026.
"""

import json
from typing import Any


def product(sku: str, attributes: dict[str, str], *dimensions: dict[str, Any]) -> str:
    """One product with its on-demand price dimensions."""
    term = f"{sku}.JRTCKXETXF"
    return json.dumps(
        {
            "product": {
                "productFamily": "ML Instance",
                "attributes": {"locationType": "AWS Region", "regionCode": "us-east-1", **attributes},
                "sku": sku,
            },
            "serviceCode": attributes["servicecode"],
            "terms": {
                "OnDemand": {
                    term: {
                        "priceDimensions": {f"{term}.{number}": found for number, found in enumerate(dimensions)},
                        "sku": sku,
                        "effectiveDate": "2026-09-01T00:00:00Z",
                        "offerTermCode": "JRTCKXETXF",
                        "termAttributes": {},
                    }
                }
            },
            "version": "20260925000313",
            "publicationDate": "2026-09-25T00:03:13Z",
        }
    )


def dimension(usd: str, unit: str, begin: str = "0", end: str = "Inf") -> dict[str, Any]:
    return {
        "unit": unit, "beginRange": begin, "endRange": end, "description": f"${usd} per {unit}", "appliesTo": [],
        "rateCode": "JMCWJEAPVJNFJ5P4.JRTCKXETXF.6YS6EN2CT7", "pricePerUnit": {"USD": usd},
    }  # fmt: skip


def instance(sku: str, usage: str, component: str, usd: str, unit: str = "Hrs") -> str:
    name = usage.rpartition(":")[2]
    attributes = {
        "servicecode": "AmazonSageMaker", "servicename": "Amazon SageMaker", "component": component,
        "instanceName": name, "instanceType": f"{name}-{component}", "usagetype": usage, "operation": "RunInstance",
        "location": "US East (N. Virginia)",
    }  # fmt: skip
    return product(sku, attributes, dimension(usd, unit))


def of_lambda(sku: str, usage: str, group: str, *dimensions: dict[str, Any]) -> str:
    attributes = {"servicecode": "AWSLambda", "servicename": "AWS Lambda", "group": group, "usagetype": usage}
    return product(sku, attributes, *dimensions)


SAGEMAKER = [
    instance("JMCWJEAPVJNFJ5P4", "USE1-Train:ml.m5.large", "Training", "0.1150000000"),
    instance("25TC687A4JSSSY7E", "USE1-Train:ml.g5.xlarge", "Training", "1.4080000000"),
    # Bought otherwise, and none of these an hour of training on demand.
    instance("AAAAAAAAAAAAAAA1", "USE1-Host:ml.m5.large", "Hosting", "0.1150000000"),
    instance("AAAAAAAAAAAAAAA2", "USE1-TrSpt:ml.m5.large", "Training", "0.0400000000"),
    instance("AAAAAAAAAAAAAAA3", "USE1-TrainingPlanUpfrontFee:ml.p4d.24xlarge", "Training", "13.5700000000"),
    instance("AAAAAAAAAAAAAAA4", "USE1-Train:ml.c5.xlarge", "Training", "0.0000000000"),
    instance("AAAAAAAAAAAAAAA5", "USE1-Train:VolumeUsage.gp2", "Training", "0.1400000000", "GB-Mo"),
]
LAMBDA = [
    of_lambda(
        "TG3M4CAGBA3NYQBH", "Lambda-GB-Second", "AWS-Lambda-Duration",
        dimension("0.0000133334", "Lambda-GB-Second", "6000000000", "15000000000"),
        dimension("0.0000166667", "Lambda-GB-Second", "0", "6000000000"),
    ),
    of_lambda("BBBBBBBBBBBBBBB1", "Lambda-GB-Second-ARM", "AWS-Lambda-Duration-ARM",
              dimension("0.0000133334", "Lambda-GB-Second")),
    of_lambda("GU2ZS9HVP6QTQ7KE", "Request", "AWS-Lambda-Requests", dimension("0.0000002000", "Requests")),
]  # fmt: skip
