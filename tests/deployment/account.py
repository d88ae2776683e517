"""An account into which tests deploy as many stacks as they like, each with a subscriber of its own."""

from dataclasses import dataclass
from pathlib import Path

import boto3
from tests.conftest import ROOT
from tests.pipeline.pipeline import Pipeline

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.deploy import deploy
from traindrop_cli.local_stack import subscribe_inbox
from traindrop_cli.stack import connect


@dataclass(frozen=True)
class Account:
    """A local AWS; `home` is the command line's folder."""

    aws: LocalAws
    home: Path

    def deploy(self, stack: str, folder: Path = ROOT, **parameters: str) -> Pipeline:
        """Create the stack from `folder`/template.yaml and the code beside it, or update it to that."""
        known = {"TrainingScripts": str(folder / "training_scripts"), **parameters}
        outputs = deploy(self.aws.endpoint_url, folder / "template.yaml", stack, known)
        inbox = f"inbox-{stack}"
        subscribe_inbox(outputs["Topic"], inbox)
        return Pipeline(connect(stack, self.aws.endpoint_url), self.home, inbox_name=inbox)

    def delete(self, stack: str) -> None:
        cloudformation = boto3.client("cloudformation")
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


def jobs_of(pipeline: Pipeline) -> list[str]:
    """The names of the training jobs whose tag says that they are the stack's, oldest first."""
    sagemaker = boto3.client("sagemaker")
    listed = sagemaker.list_training_jobs(SortOrder="Ascending")["TrainingJobSummaries"]
    return [
        job["TrainingJobName"]
        for job in listed
        if {"Key": "traindrop:stack", "Value": pipeline.stack.name}
        in sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    ]
