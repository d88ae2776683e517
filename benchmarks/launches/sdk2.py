"""The SageMaker Python SDK v2: an Estimator of the image of the request in a file, its telemetry off."""

import json
import sys
from pathlib import Path

import boto3
from sagemaker import Session
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput

CONFIG = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}

if __name__ == "__main__":
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    bucket, compute = "benchmark-bucket", request["ResourceConfig"]
    estimator = Estimator(
        image_uri=request["AlgorithmSpecification"]["TrainingImage"],
        role=request["RoleArn"],
        instance_type=compute["InstanceType"],
        instance_count=compute["InstanceCount"],
        output_path=f"s3://{bucket}/output",
        hyperparameters=request["HyperParameters"],
        sagemaker_session=Session(boto3.Session(), sagemaker_config=CONFIG, default_bucket=bucket),
    )
    inputs = TrainingInput(f"s3://{bucket}/train.csv", content_type="text/csv")
    estimator.fit({"train": inputs}, wait=False, job_name=request["TrainingJobName"])
