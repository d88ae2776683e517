"""An AWS account in memory: every call of the real handlers arrives here, and may go wrong."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, partial
from random import Random
from typing import Any
from unittest.mock import patch

import botocore.client
from botocore.exceptions import ClientError
from tests.builders import ACCOUNT, a_context
from tests.contract.template import BUCKET, STACK, TRAINING_ROLE
from tests.simulation.bucket import Bucket
from tests.simulation.faults import CALM, Crash, CrashPoint, Fault, Rates, by_chance, error_of
from tests.simulation.functions import Function, failure_record, functions, targets, told_of_failures
from tests.simulation.history import Change, Crowned, History, Item, Launched
from tests.simulation.sagemaker import Fate, Job, SageMaker, model_key
from tests.simulation.scoring import compared, predicted, scored
from tests.simulation.table import Table
from tests.simulation.timeline import Timeline, moment
from tests.simulation.trainer import carry_out, note, note_tuning
from tests.simulation.tuning_jobs import TuningJob, TuningJobs

from traindrop import bundle, clock, evaluating, notifying, pairing, prices, training, tree_parzen
from traindrop.events import state_change_detail, tuning_change_detail
from traindrop.lambda_limits import LAMBDA
from traindrop.logs import log
from traindrop.run import run_of
from traindrop.trial import tuning_of

TABLE = "traindrop-Runs-1A2B3C4D5E6F"
# Made up: what matters is that there is one of each type.
PRICES = prices.PriceList(
    "us-east-1", date(2026, 11, 1), "the simulator",
    {"ml.m5.large": "0.1", "ml.c5.xlarge": "0.2", "ml.g5.xlarge": "1.4", "ml.p3.2xlarge": "3.8"},
    prices.LambdaRates("0.00001", "0.0000002"),
)  # fmt: skip
TOPIC = "arn:aws:sns:us-east-1:123456789012:traindrop-Messages"


@dataclass(frozen=True)
class Plan:
    """One schedule's circumstances. `crash_point`: the one place where a function dies, or by chance (`rates`)."""

    quotas: dict[str, int]
    most_jobs: int = 10
    rates: Rates = CALM
    crash_point: CrashPoint | None = None
    # Every event of these sources is delivered twice; "lambda": what one function hands over to another.
    doubled: frozenset[str] = frozenset()
    # What a month may cost, USD; 0: as much as it will.
    monthly_usd: float = 0
    verbose: bool = False
    with_lambda: bool = False
    with_tuning: bool = False
    # A function that dies at its first call whenever it is invoked, until then, seconds.
    down: tuple[str, float] | None = None


@dataclass
class Invocation:
    number: int
    function: Function
    event: Item
    tries: int
    ends_by: float
    calls: int = 0
    dead: str | None = None
    telling: str = ""
    published: str | None = None
    # A call of it went wrong, and it went on.
    troubled: bool = False


class Account:
    """`fate`: how each job ends."""

    def __init__(self, plan: Plan, rng: Random, fate: Any) -> None:
        self.plan, self.rng = plan, rng
        self.rates = plan.rates
        self.history = History(most_jobs=plan.most_jobs, monthly_usd=Decimal(str(plan.monthly_usd)))
        self.time = Timeline()
        self.table = Table(lambda: self.time.now, self._lag, self._changed)
        self.bucket = Bucket(self.time.moment)
        self.bucket.put(prices.KEY, prices.to_json([PRICES]).encode())
        self.sagemaker = SageMaker(
            plan.quotas, fate, lambda: self.time.now, moment, self.time.at, self._job_changed
        )  # fmt: skip
        self.tunings = TuningJobs(self.sagemaker, self.history.tunings, self._tuning_changed)
        self.history.jobs, self.history.touched = self.sagemaker.jobs, self.sagemaker.touched
        self.history.registered = self.sagemaker.registered
        self.dead_letters: list[str] = []
        self.current: Invocation | None = None
        self.running = 0
        self.calm_since: float | None = None
        # For how many minutes a run has been standing there with nothing in its way.
        self.idle: dict[str, int] = {}

    # ------------------------------------------------------------------ events

    def deliver(self, event: Item, *, may_be_lost: bool = False) -> None:
        """Put an event on the bus: it arrives at least once, at some time, unless it may be lost."""
        for name in targets(event):
            self.history.events += 1
            if may_be_lost and self.rng.random() < self.rates.drop:
                self.say(f"event lost: {event['detail-type']} for {name}")
                continue
            twice = self.rng.random() < self.rates.duplicate or event["source"] in self.plan.doubled
            for _ in range(1 + twice):
                late = self.rng.random() < self.rates.late
                delay = self.rng.uniform(5, 900) if late else self.rng.uniform(0.1, 2)
                self.time.at(self.time.now + delay, lambda name=name: self.invoke(name, event))  # type: ignore[misc]
            self.history.events += twice

    def invoke(self, name: str, event: Item, tries: int = 0) -> None:
        """Begin one invocation; Lambda's two further tries and the destination follow where it fails."""
        function = functions()[name]
        number = self.history.invocations
        self.history.invocations += 1
        self.history.calls_by_invocation.append(0)
        call = Invocation(number, function, event, tries, self.time.now + function.timeout)
        self.say(f"#{number} {name} begins: {_brief(event)}" + (f", try {tries + 1}" if tries else ""))
        self.running += 1
        self.time.start(lambda: self._run(call))

    def _run(self, call: Invocation) -> None:
        self.current = call
        try:
            call.function.handler(call.event, a_context(seconds=call.function.timeout))
            error = None
        except Crash:
            error = {"errorMessage": f"RequestId: {call.number} Error: {call.dead}"}
        except Exception as found:  # noqa: BLE001 - whatever leaves the handler is the runtime's to report
            error = {"errorType": type(found).__name__, "errorMessage": str(found)}
        self.current = None
        self.running -= 1
        if call.published is not None:
            self.history.unrecorded.append(call.published)
        if error is not None:
            self._failed(call, error)

    def _failed(self, call: Invocation, error: dict[str, str]) -> None:
        self.say(f"#{call.number} {call.function.name} failed: {error['errorMessage'][:200]}")
        name, pauses = call.function.name, call.function.pauses
        if call.tries < len(pauses):
            again = self.time.now + pauses[call.tries]
            self.time.at(again, lambda: self.invoke(name, call.event, call.tries + 1))
            return
        record = failure_record(name, call.event, error)
        if call.function.gives_up_to in functions():
            self._hand_over(call.function.gives_up_to, json.loads(record))
            return
        self.dead_letters.append(record)
        self.say(f"dead letter of {name}: {_brief(call.event)}")
        if call.function.gives_up_to == "SNS":
            notice = {"Records": [{"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": record}}]}
            for listener in told_of_failures():
                delay = self.rng.uniform(0.1, 2)
                self.time.at(self.time.now + delay, lambda to=listener: self.invoke(to, notice))  # type: ignore[misc]

    def _hand_over(self, name: str, event: Item) -> None:
        """Put an event into a function's queue: it gets it at least once."""
        for _ in range(1 + (self.rng.random() < self.rates.duplicate or "lambda" in self.plan.doubled)):
            late = self.rng.random() < self.rates.late
            delay = self.rng.uniform(5, 900) if late else self.rng.uniform(0.1, 2)
            self.history.events += 1
            self.time.at(self.time.now + delay, lambda: self.invoke(name, event))

    # ------------------------------------------------------------------- calls

    def call(self, service: str, operation: str, given: Any) -> Any:
        """Answer one call of boto3's, or let it or its caller fail."""
        call = self.current
        if call is None:
            return self._answer(service, operation, given)
        if call.dead:
            raise Crash
        self.history.calls += 1
        self.history.calls_by_invocation[call.number] += 1
        fault = self._fault(call)
        call.calls += 1
        self._take_time(call)
        if fault == "crash before":
            self._die(call, f"crash before {operation}")
        if fault in {"throttled", "failed", "no answer"}:
            self._went_wrong(call, fault, operation)
            raise error_of(fault, service, operation)
        try:
            answer = self._answer(service, operation, given)
        except ClientError as refused:
            self.say(f"#{call.number}   {operation}{_what(given)}: {refused.response['Error']['Code']}")
            self._take_time(call)
            if fault == "crash after":
                self._die(call, f"crash after {operation}")
            raise
        self.say(f"#{call.number}   {operation}{_what(given)}")
        if fault == "crash after":
            self._die(call, f"crash after {operation}")
        self._take_time(call)
        if fault is not None:
            self._went_wrong(call, fault, operation)
            raise error_of(fault, service, operation)
        return answer

    def _fault(self, call: Invocation) -> Fault | None:
        point, down = self.plan.crash_point, self.plan.down
        if down is not None and call.function.name == down[0] and self.time.now < down[1]:
            return "crash before"
        if point is not None and (point.invocation, point.call) == (call.number, call.calls):
            return "crash after" if point.after else "crash before"
        return by_chance(self.rates, self.rng) if self.rates.crash or self.rates.error else None

    def _went_wrong(self, call: Invocation, fault: Fault, operation: str) -> None:
        self.history.errors += 1
        call.troubled = True
        self.say(f"#{call.number}   {operation}: {fault}")

    def _die(self, call: Invocation, why: str) -> None:
        self.history.crashes += 1
        self.say(f"#{call.number}   {why}")
        call.dead = why
        raise Crash

    def _take_time(self, call: Invocation) -> None:
        slow = self.rates.slow and self.rng.random() < self.rates.slow
        seconds = self.rng.choice((1.0, 5.0, 20.0, 50.0, 100.0)) if slow else self.rng.uniform(0.002, 0.03)
        self._wait(call, seconds)

    def pass_time(self, seconds: float) -> None:
        """The present invocation works for so long without calling anybody."""
        assert self.current is not None
        self._wait(self.current, seconds)

    def _wait(self, call: Invocation, seconds: float) -> None:
        late = self.time.now + seconds >= call.ends_by
        self.current = None
        self.time.sleep(min(seconds, max(0.0, call.ends_by - self.time.now)))
        self.current = call
        if late:
            self._die(call, "timed out")

    def _answer(self, service: str, operation: str, given: Any) -> Any:
        if service == "dynamodb":
            return self.table.call(operation, given)
        if service == "s3":
            return self.bucket.call(operation, given)
        if service == "sagemaker":
            return self._answer_of_sagemaker(operation, given)
        if service == "events":
            return self._put_events(given["Entries"])
        if service == "sns":
            return self._publish()
        if service == "sts":
            end = self.time.moment() + timedelta(seconds=given["DurationSeconds"])
            return {"Credentials": {"AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c", "Expiration": end}}
        if service == "lambda":
            self._hand_over(given["FunctionName"].removeprefix(f"{STACK}-"), json.loads(given["Payload"]))
            return {"StatusCode": 202}
        if operation == "DescribeLogStreams":
            return {"logStreams": []}
        raise NotImplementedError(f"{service} {operation}")

    def _answer_of_sagemaker(self, operation: str, given: Any) -> Any:
        if operation.startswith("CreateModelPackage"):
            return self.sagemaker.registry(operation, given)
        if "HyperParameterTuningJobName" in given:
            return self._answer_of_tuning(operation, given)
        name = given["TrainingJobName"]
        if operation == "CreateTrainingJob":
            self.history.asked[run_of(name)[0]] += 1
        answer = self.sagemaker.call(operation, given)
        if operation == "CreateTrainingJob" and self.history.is_trial(name):
            tuning = self.history.tunings[str(tuning_of(name))]
            assert isinstance(tuning, TuningJob)
            tuning.defaults = self.sagemaker.jobs[name]
        elif operation == "CreateTrainingJob":
            self._note_launch(name, given["ResourceConfig"]["InstanceType"])
        return answer

    def _answer_of_tuning(self, operation: str, given: Any) -> Any:
        name, creates = given["HyperParameterTuningJobName"], operation == "CreateHyperParameterTuningJob"
        self.history.asked[run_of(name)[0]] += creates
        answer = self.tunings.call(operation, given)
        if creates:
            self._note_launch(name, given["TrainingJobDefinition"]["ResourceConfig"]["InstanceType"])
        return answer

    def _note_launch(self, name: str, needs: str) -> None:
        line = tuple(item for item in self.table.staged("waiting") if item.get("instance_type") == needs)
        record = self.table.items[run_of(name)[0]]
        troubled = self.current is not None and self.current.troubled
        self.history.launched.append(
            Launched(
                self.time.now,
                name,
                record,
                self.history.running(),
                line,
                troubled,
                name in self.counted(),
            )
        )

    def _put_events(self, entries: list[dict[str, str]]) -> Item:
        if self.rates.error and self.rng.random() < self.rates.error:
            failed = [{"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}]
            return {"FailedEntryCount": 1, "Entries": failed}
        for entry in entries:
            event = {
                "source": entry["Source"],
                "account": ACCOUNT,
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
            }
            self.deliver(event, may_be_lost=True)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in entries]}

    def _publish(self) -> Item:
        call = self.current
        assert call is not None
        self.history.messages.append((self.time.now, call.telling, call.number))
        call.published = call.telling
        return {"MessageId": "1"}

    # ------------------------------------------------------------------- state

    def _lag(self) -> float:
        behind = self.rates.lag and self.rng.random() < self.rates.lag
        return self.rng.uniform(0, 2) if behind else 0.0

    def _changed(self, before: Item | None, after: Item | None) -> None:
        key = (after or before or {})["run"]
        call = self.current
        if call is not None and call.published == key and (after or {}).get("notified_at"):
            call.published = None
        if key.startswith("#upload/") and after is not None:
            self.history.answers[key.removeprefix("#upload/")].add(after["answered_by"])
        if key.startswith("#spend/") and after is not None:
            self.history.spent(key, before or {}, after)
        if key.startswith("#job/") and after is not None:
            note(self, after)
            if before is None and not self.history.is_trial(key.removeprefix("#job/")):
                self.history.asked[run_of(key.removeprefix("#job/"))[0]] += 1
                self._note_launch(key.removeprefix("#job/"), LAMBDA)
        if key.startswith("#tuning/") and after is not None:
            name = key.removeprefix("#tuning/")
            note_tuning(self, name, after)
            if before is None:
                self.history.asked[run_of(name)[0]] += 1
                self._note_launch(name, LAMBDA)
        if key.startswith("#champion/") and after is not None:
            crowned = Crowned(self.time.now, key.partition("/")[2], (before or {}).get("champion"), after["champion"])
            self.history.crowned.append(crowned)
        if key.startswith("#"):
            return
        self.history.record(Change(self.time.now, key, before, after, call.function.name if call else ""))
        if self.plan.verbose:
            stood, stands = (before or {}).get("status"), (after or {}).get("status")
            if stood != stands or (before or {}).get("attempt") != (after or {}).get("attempt"):
                self.say(f"       {key}: {stood} -> {stands}, attempt {(after or {}).get('attempt')}")

    def _job_changed(self, job: Job) -> None:
        """SageMaker tells of each state, some several times."""
        self.say(f"       job {job.name}: {job.status} {job.fate.reason or ''}")
        if job.status == "Completed" and job.fate.leaves_model and "OutputDataConfig" in job.request:
            self.bucket.put(model_key(job.request), b"a model")
        tags = {tag["Key"]: tag["Value"] for tag in job.request.get("Tags", ())}
        detail = json.loads(state_change_detail(self.sagemaker.described(job))) | {"Tags": tags}
        self._tell("SageMaker Training Job State Change", detail)
        if job.ended is not None:
            self.tunings.job_ended(job)

    def _tuning_changed(self, tuning: TuningJob) -> None:
        self.say(f"       tuning {tuning.name}: {tuning.status}")
        detail = json.loads(tuning_change_detail(self.tunings.described(tuning)))
        self._tell("SageMaker HyperParameter Tuning Job State Change", detail)

    def _tell(self, kind: str, detail: Item) -> None:
        event = {"source": "aws.sagemaker", "account": ACCOUNT, "detail-type": kind, "detail": detail}
        self.deliver(event, may_be_lost=True)

    def counted(self) -> dict[str, Decimal]:
        """The jobs that are counted at their worst case in any month."""
        months = [item for key, item in self.table.items.items() if key.startswith("#spend/")]
        return {name: usd for item in months for name, usd in item.items() if name not in {"run", "total_usd"}}

    def places_taken(self) -> int:
        """How many of the stack's places for jobs are held by jobs of which no end is known in the ledger."""
        held = self.table.items.get("#slots", {}).get("jobs", ())
        records = [(job, self.table.items.get(run_of(job)[0], {})) for job in held]
        return sum(
            record.get("status") in {"Waiting", "InProgress"} and record["attempt"] == run_of(job)[1]
            for job, record in records
        )

    def upload(self, key: str, body: bytes, metadata: dict[str, str] | None = None) -> Item:
        """Put an object; the event that S3 sends of it."""
        version = self.bucket.put(key, body, metadata)
        found = {
            "key": key, "size": len(body), "etag": version.etag, "version-id": version.version_id,
            "sequencer": f"{len(self.history.uploads):016X}",
        }  # fmt: skip
        return {
            "source": "aws.s3",
            "account": ACCOUNT,
            "detail-type": "Object Created",
            "time": self.time.moment().isoformat(),
            "detail": {"bucket": {"name": BUCKET}, "object": found},
        }

    def say(self, line: str) -> None:
        if self.plan.verbose:
            self.history.lines.append(f"{self.time.now:10.2f}  {line}")


_NAMES = ("TrainingJobName", "HyperParameterTuningJobName", "run")
_STATUSES = ("TrainingJobStatus", "HyperParameterTuningJobStatus")


def _brief(event: Item) -> str:
    detail = event.get("detail", {})
    if "object" in detail:
        return f"{event['detail-type']} {detail['object']['key']} {detail['object'].get('version-id')}"
    known = (detail.get(name) or event.get(name) for name in _NAMES)
    name, status = next(filter(None, known), ""), next((detail[name] for name in _STATUSES if name in detail), "")
    return f"{event.get('detail-type', 'failure notice')} {name} {status}".strip()


def _what(given: Any) -> str:
    key = next((given[name] for name in ("Key", *_NAMES, "IndexName") if name in given), "")
    key = next(iter(key.values())) if isinstance(key, dict) else key
    update = given.get("UpdateExpression", "")
    return f" {key} {update and update[:60]}".rstrip()


_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true", "STACK": STACK, "TABLE": TABLE, "BUCKET": BUCKET,
    "STACK_ID": "arn:aws:cloudformation:us-east-1:123456789012:stack/traindrop/0f1e2d3c",
    "TRAINING_ROLE_ARN": TRAINING_ROLE,
    "KMS_KEY_ARN": "",
    "TRAINING_SUBNETS": "",
    "TRAINING_SECURITY_GROUPS": "",
    "NETWORK_ISOLATION": "false",
    "AUTO_IN_LAMBDA": "false",
    "TRAINING_SCRIPTS": "training_scripts", "OWNER": "research", "TOPIC_ARN": TOPIC,
    "TRAINER": f"{STACK}-Trainer", "LARGE_TRAINER": f"{STACK}-LargeTrainer",
    "TUNER": f"{STACK}-Tuner",
    "DEAD_LETTER_QUEUE": "traindrop-DeadLetters", "CHAT_TOPIC_ARN": "", "WEBHOOK_KEY_ARN": "",
    "LINK_ROLE_ARN": "arn:aws:iam::123456789012:role/traindrop-LinkRole-1A2B3C4D5E6F",
    "MODEL_APPROVAL": "PendingManualApproval",
}  # fmt: skip
_bundle_of_ours = cache(bundle.bundle_of_ours)


@contextmanager
def connected(account: Account) -> Iterator[None]:
    """Within it every call of boto3's goes to `account`, and its clock is the time."""

    class Clock:
        @staticmethod
        def now(_zone: Any) -> Any:
            return account.time.moment()

    def call(client: Any, operation: str, given: Any) -> Any:
        return account.call(client.meta.service_model.service_name, operation, given)

    send_once = notifying._send_once

    def publishing(name: str, *arguments: Any) -> bool:
        assert account.current is not None
        account.current.telling = name
        return send_once(name, *arguments)

    environment = {
        **_ENVIRONMENT,
        "MAX_CONCURRENT_JOBS": str(account.plan.most_jobs),
        "MAX_MONTHLY_COST_USD": str(account.plan.monthly_usd),
    }
    with (
        patch.dict(os.environ, environment),
        patch.object(botocore.client.BaseClient, "_make_api_call", call),
        patch.object(clock, "datetime", Clock),
        patch.object(notifying, "_send_once", publishing),
        patch.object(evaluating, "evaluate_archives", partial(scored, account)),
        patch.object(evaluating, "predict_archives", partial(predicted, account)),
        patch.object(pairing, "compare", compared),
        patch.object(bundle, "bundle_of_ours", _bundle_of_ours),
        patch.object(training, "carry_out", partial(carry_out, account)),
        # The optimiser is to have its say in tunings of few trials too.
        patch.object(tree_parzen, "LEAST_TRIALS", 2),
        # It tells of every error that the simulator made.
        patch.object(log()._logger, "disabled", True),
    ):
        yield


def foreign_job(name: str, needs: str) -> Item:
    role = TRAINING_ROLE.replace("traindrop-", "another-")
    return {"TrainingJobName": name, "RoleArn": role, "ResourceConfig": {"InstanceType": needs}}


NEVER = Fate("Completed", "Completed", 30 * 86_400.0)
