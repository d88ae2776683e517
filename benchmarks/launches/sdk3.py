"""The SageMaker Python SDK v3: a ModelTrainer of the image of the request in a file, its telemetry off."""

import json
import sys
from pathlib import Path

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig
from sagemaker.train import ModelTrainer

CONFIG = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}

if __name__ == "__main__":
    request = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    bucket, compute = "benchmark-bucket", request["ResourceConfig"]
    trainer = ModelTrainer(
        training_image=request["AlgorithmSpecification"]["TrainingImage"],
        role=request["RoleArn"],
        compute=Compute(instance_type=compute["InstanceType"], instance_count=compute["InstanceCount"]),
        hyperparameters=request["HyperParameters"],
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/output"),
        base_job_name=request["TrainingJobName"],
        sagemaker_session=Session(boto3.Session(), sagemaker_config=CONFIG, default_bucket=bucket),
    )
    inputs = InputData(channel_name="train", data_source=f"s3://{bucket}/train.csv", content_type="text/csv")
    trainer.train([inputs], wait=False)
