"""`traindrop plan`."""

import json as json_module
import os
from collections.abc import Sequence
from dataclasses import dataclass

from traindrop.drop import Drop
from traindrop.errors import LaunchRefused, Rejected
from traindrop.known_prices import known_prices
from traindrop.lambda_limits import FUNCTIONS, SECONDS
from traindrop.prices import PriceList
from traindrop.settings import LauncherSettings
from traindrop_cli.find import find_stack
from traindrop_cli.launcher_settings import settings_of
from traindrop_cli.local_note import running
from traindrop_cli.local_stack import repository
from traindrop_cli.options import Option, alternatives, chosen, of_all_trials
from traindrop_cli.plan_display import as_json, print_plan
from traindrop_cli.planned_drop import LocalFiles, drop_of_files, drop_of_object
from traindrop_cli.planning import Plan, plan
from traindrop_cli.pricing import known_here
from traindrop_cli.screen import console
from traindrop_cli.stack import Stack
from traindrop_cli.upload import Files, check_files


@dataclass(frozen=True)
class PlanCall:
    """What the person asked about: a file on this machine, or a URI of S3."""

    csv: str
    files: Files
    dataset: str | None
    compare: bool
    json: bool

    @property
    def is_in_s3(self) -> bool:
        return self.csv.startswith("s3://")


def run_plan(call: PlanCall, stack_name: str | None) -> int:
    """Show the plan; the exit status: 0, or 2 where the drop would be rejected."""
    screen = console(stderr=call.json)
    stack = _stack(call, stack_name)
    settings = settings_of(stack) if stack else _assumed()
    prices: Sequence[PriceList] = known_prices(stack.bucket) if stack else known_here()
    local = LocalFiles()
    try:
        planned = plan(_drop(call, stack, local), local.read, settings, settings.trainers, prices)
    except (Rejected, LaunchRefused) as error:
        if call.json:
            print(json_module.dumps({"status": "Rejected", "reason": str(error)}, indent=2))
        screen.print(f"It would be rejected:\n{error}", markup=False, soft_wrap=True)
        return 2
    place = chosen(planned, prices, settings)
    others = _others(planned, prices, settings) if call.compare else []
    if call.json:
        found = {"status": "Accepted", "reason": None, **as_json(planned, place, others)}
        print(json_module.dumps(found, indent=2))
    else:
        print_plan(planned, place, others, screen, where=stack.where if stack else None)
    return 0


def _drop(call: PlanCall, stack: Stack | None, local: LocalFiles) -> Drop:
    if call.is_in_s3:
        return drop_of_object(call.csv)
    check_files(call.files)
    return drop_of_files(call.files, call.dataset or call.files.csv.stem, stack.bucket if stack else None, local)


def _stack(call: PlanCall, name: str | None) -> Stack | None:
    """None: nobody is asked, and role and bucket stay open."""
    return find_stack(name) if name is not None or call.is_in_s3 or running() is not None else None


def _assumed() -> LauncherSettings:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return LauncherSettings.model_validate(
        {
            "stack": "traindrop",
            "table": "TABLE",
            "aws_region": region,
            "max_concurrent_jobs": 10,
            "max_monthly_cost_usd": 0,
            "stack_id": "STACK",
            "training_role_arn": "arn:aws:iam::123456789012:role/TRAINING_ROLE",
            "training_scripts": repository() / "training_scripts",
            "owner": "OWNER",
            "bucket": "BUCKET",
            "trainer": "TRAINER",
            "large_trainer": "LARGE_TRAINER",
            "tuner": "TUNER",
            "kms_key_arn": "",
            "training_subnets": "",
            "training_security_groups": "",
            "network_isolation": False,
            "auto_in_lambda": True,
        }
    )


def _others(planned: Plan, prices: Sequence[PriceList], settings: LauncherSettings) -> list[Option]:
    if planned.needed is None:
        return []
    limit = planned.decided.config.max_runtime
    found = alternatives(planned.needed, FUNCTIONS, prices, settings.aws_region, limit, SECONDS)
    return [of_all_trials(each, planned) for each in found]
