"""What a deployed stack's launcher is told, so that a plan decides as it would."""

import boto3

from traindrop.settings import LauncherSettings
from traindrop_cli.local_stack import repository
from traindrop_cli.stack import Stack


def settings_of(stack: Stack) -> LauncherSettings:
    """What the stack's launcher is told, as it stands in the function."""
    resource = boto3.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="Launcher"
    )
    function = resource["StackResourceDetail"]["PhysicalResourceId"]
    client = boto3.client("lambda")
    told = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    known = {name: told[name.upper()] for name in LauncherSettings.model_fields if name.upper() in told}
    region = {"aws_region": client.meta.region_name, "training_scripts": repository() / "training_scripts"}
    return LauncherSettings.model_validate({**known, **region})
