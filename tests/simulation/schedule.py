"""A schedule: what people drop, when, and how the jobs end; drawn from a seed."""

import hashlib
from random import Random
from typing import Any

from tests.builders import ACCOUNT, CSV
from tests.contract.template import STACK
from tests.simulation.account import TABLE, Account, Plan, connected, foreign_job
from tests.simulation.faults import CALM, Rates
from tests.simulation.history import History, Upload
from tests.simulation.sagemaker import MINUTE, Fate

from traindrop.events import ObjectCreated, TrainingJobStateChange, TuningJobStateChange
from traindrop.lambda_limits import LAMBDA
from traindrop.ledger import Ledger
from traindrop.receiving import ACCOMPANIES
from traindrop.redriving import Letter, NotUnderstood, read_letter, reopen
from traindrop.trial import tuning_of

TYPES = ("ml.m5.large", "ml.c5.xlarge", "ml.g5.xlarge", "ml.p3.2xlarge")
DATASETS = ("flowers", "loans", "Größen & Maße", "houses")
# A quiet world has answered everything by then, also what gave ten signs of life at doubling intervals.
LONGEST = 14 * 86_400.0
MAX_UPLOADS = 20

_FATES: list[tuple[float, str, str, str | None, bool]] = [
    (0.70, "Completed", "Completed", None, False),
    (0.06, "Failed", "Failed", "AlgorithmError: ExecuteUserScriptError: exit code 1", False),
    (0.06, "Failed", "Failed", "CapacityError: Unable to provision requested ML compute capacity.", False),
    (0.05, "Failed", "Failed", "InternalServerError: We encountered an internal error. Please try again.", False),
    (0.05, "Failed", "Failed", "ClientError: Spot instance was interrupted.", True),
    (0.03, "Stopped", "MaxRuntimeExceeded", None, False),
    (0.02, "Stopped", "MaxWaitTimeExceeded", None, False),
    (0.03, "Stopped", "Stopped", None, False),
]


# Of a trial: some do worse than others did and are stopped.
_FATES_OF_TRIALS = [*_FATES, (0.10, "Stopped", "Stopped", None, False)]
# What is searched, and how.
_STRATEGIES = ("random", "grid", "bayesian", "hyperband")


def tuning(trials: int, at_once: int, strategy: str) -> str:
    """The section of a training.yaml."""
    ranges = (
        "{max_depth: [2, 3, 4]}"
        if strategy == "grid"
        else "{eta: {min: 0.01, max: 0.3, scale: log}, max_depth: {min: 2, max: 8}}"
    )
    how_many = "" if strategy == "grid" else f"max_jobs: {trials}, "
    return f"tuning: {{{how_many}max_parallel: {at_once}, strategy: {strategy}, ranges: {ranges}}}"


def draw_fate_of_trial(rng: Random) -> Fate:
    ((_, status, secondary, reason, interrupted),) = rng.choices(
        _FATES_OF_TRIALS, [share for share, *_ in _FATES_OF_TRIALS]
    )
    seconds = rng.choice((5.0, 20.0, 3 * MINUTE, 20 * MINUTE)) * rng.uniform(0.5, 1.5)
    return Fate(status, secondary, seconds, reason, interrupted, rng.random() < 0.98, logs=rng.random() < 0.9)


def draw_fate(rng: Random) -> Fate:
    shares = [share for share, *_ in _FATES]
    ((_, status, secondary, reason, interrupted),) = rng.choices(_FATES, shares)
    seconds = rng.choice((20.0, 3 * MINUTE, 12 * MINUTE, 55 * MINUTE)) * rng.uniform(0.5, 1.5)
    return Fate(status, secondary, seconds, reason, interrupted, leaves_model=rng.random() < 0.95)


def draw_rates(rng: Random) -> Rates:
    def share(*choices: float) -> float:
        return rng.choice((0.0, *choices))

    return Rates(
        crash=share(0.005, 0.02, 0.1),
        error=share(0.005, 0.02, 0.1),
        slow=share(0.005, 0.02, 0.1),
        lag=share(0.1, 0.5),
        duplicate=share(0.1, 0.5),
        drop=share(0.05, 0.3),
        late=share(0.1, 0.5),
        no_tick=share(0.1, 0.5),
    )


def random_schedule(seed: int, *, verbose: bool = False) -> History:
    """Play one schedule through; what happened. The same seed gives the same history."""
    rng = Random(seed)  # noqa: S311 - chance that can be repeated
    quotas = {name: rng.randint(1, 4) for name in TYPES[:3]} | {TYPES[3]: 0}
    most_jobs, rates = rng.choice((1, 2, 3, 5, 10)), draw_rates(rng)
    # Of one type's hour after the other: from what keeps most runs out to what keeps none.
    monthly_usd = rng.choice((0, 0, 0.15, 0.5, 2, 10))
    # In every third, what others train on the second type is trained in Lambda; in every fifth, half of all is tuned.
    tunes = seed % 5 == 4
    plan = Plan(
        quotas, most_jobs, rates, monthly_usd=monthly_usd, verbose=verbose, with_lambda=tunes or seed % 3 == 0,
        with_tuning=tunes,
    )  # fmt: skip
    account = Account(plan, rng, lambda name: draw_fate(rng) if tuning_of(name) is None else draw_fate_of_trial(rng))
    with connected(account):
        _prepare(account)
        count, window = rng.randint(1, MAX_UPLOADS), rng.choice((1.0, 10.0, 60.0)) * MINUTE
        for _ in range(count):
            account.time.at(rng.uniform(0, window), lambda: act(account))
        chaos = window + rng.choice((0.0, 10.0, 60.0)) * MINUTE
        account.time.at(chaos, lambda: calm(account))
        play(account)
    return account.history


def calm(account: Account) -> None:
    account.say("from here on nothing goes wrong any more")
    account.rates = CALM
    account.calm_since = account.time.now


def play(account: Account) -> None:
    """Let time pass until all is still; put back what lies in the dead-letter queue; let time pass again."""
    account.time.at(MINUTE, lambda: tick(account))
    settle(account)
    redrive(account)
    settle(account)
    found = account.history
    found.unsettled = [item["run"] for stage in ("waiting", "due") for item in account.table.staged(stage)]
    found.left_over = [body for body in account.dead_letters if is_readable(body)]


def _prepare(account: Account) -> None:
    rng = account.rng
    for number, dataset in enumerate(DATASETS):
        needs = rng.choice((*TYPES[:3], *TYPES[:3], TYPES[3]))
        text = f"target: species\ninstance_type: {_named(account, needs)}\n{_tuning(account)}"
        account.bucket.put(f"datasets/{dataset}/training.yaml", text.encode())
        if number % 2:
            account.bucket.put(f"datasets/{dataset}/test/held_out.csv", CSV)
    names = (f"{STACK}2-flowers-0123456789ab", f"{STACK}-manual", f"{STACK}-flowers-fedcba987654", "other-r2")
    for name in names:
        account.history.foreign.add(name)
        account.sagemaker.begin(foreign_job(name, rng.choice(TYPES[:3])), draw_fate(rng))


def _named(account: Account, needs: str) -> str:
    return LAMBDA if account.plan.with_lambda and needs == TYPES[1] else needs


def _tuning(account: Account) -> str:
    """The section that a training.yaml has, or none."""
    rng = account.rng
    if not account.plan.with_tuning or rng.random() < 0.5:
        return ""
    return tuning(rng.choice((1, 2, 4, 6)), rng.choice((1, 2, 3)), rng.choice(_STRATEGIES)) + "\n"


def act(account: Account) -> None:
    """One person does one thing."""
    rng = account.rng
    dataset = rng.choice(DATASETS)
    kind = rng.choices(
        ("csv", "same", "bad", "pair", "config", "bad config", "rerun", "stop", "poison"),
        (50, 14, 6, 8, 5, 3, 5, 6, 3),
    )[0]
    file = rng.choice(("a.csv", "b.csv"))
    key = f"datasets/{dataset}/train/{file}"
    if kind == "csv":
        drop(account, kind, key, CSV + f"{rng.randint(0, 9)}.5,{rng.randint(0, 9)},rose\n".encode())
    elif kind == "same":
        drop(account, kind, f"datasets/{dataset}/train/same.csv", CSV)
    elif kind == "bad":
        drop(account, kind, key, rng.choice((b"", b"length\n1\n2\n", b"\x00\xff\x00", b"a,b\n1,2,3\n")))
    elif kind in {"pair", "config"}:
        needs = _named(account, rng.choice(TYPES))
        text = f"target: species\ninstance_type: {needs}\nseed: {rng.randint(1, 3)}\n{_tuning(account)}".encode()
        metadata = {ACCOMPANIES: "a.csv"} if kind == "pair" else {}
        drop(account, kind, f"datasets/{dataset}/training.yaml", text, metadata, needs_run=False)
        if kind == "pair":
            drop(account, kind, key, CSV + f"{rng.randint(0, 9)}.5,{rng.randint(0, 9)},tulip\n".encode())
    elif kind == "bad config":
        # Not every one is seen: the mended one may be there first.
        config = f"datasets/{dataset}/training.yaml"
        drop(account, kind, config, b"targett: species\n", needs_run=False)
        mended = f"target: species\ninstance_type: {_named(account, rng.choice(TYPES[:3]))}\n".encode()
        later = account.time.now + rng.choice((1.0, MINUTE, 5 * MINUTE))
        account.time.at(later, lambda: drop(account, "config", config, mended, needs_run=False))
    elif kind == "poison":
        poison(account, key)
    else:
        wish(account, kind)


def drop(
    account: Account, kind: str, key: str, body: bytes, metadata: dict[str, str] | None = None, needs_run: bool = True
) -> None:
    event = account.upload(key, body, metadata)
    (upload,) = ObjectCreated.model_validate(event).uploads()
    account.history.uploads.append(Upload(account.time.now, kind, upload.identity, event, needs_run))
    account.say(f"       dropped ({kind}): {key} {event['detail']['object']['version-id']}")
    account.deliver(event)


def poison(account: Account, key: str) -> None:
    """An event that no part can read."""
    event: dict[str, Any] = account.upload(key, CSV)
    del event["detail"]["object"]["etag"]
    identity = hashlib.sha256(repr(event).encode()).hexdigest()
    account.history.uploads.append(Upload(account.time.now, "poison", identity, event, needs_run=False))
    account.deliver(event)


def wish(account: Account, kind: str) -> None:
    """A person wishes a run trained again, or stopped; or one that there is not."""
    rng = account.rng
    runs = [item for name, item in account.table.items.items() if not name.startswith("#")]
    run = rng.choice(runs)["run"] if runs and rng.random() < 0.95 else "traindrop-flowers-fedcba987654"
    if kind == "stop":
        detail, name = {"run": run, "who": "ada"}, "Stop Requested"
    else:
        request = f"wish-{len(account.history.uploads)}"
        detail, name = {"run": run, "request_id": request}, "Rerun Requested"
        known = run in account.table.items
        event = {"detail": detail}
        account.history.uploads.append(Upload(account.time.now, kind, request, event, needs_run=known))
    account.deliver({"source": f"traindrop.{STACK}", "account": ACCOUNT, "detail-type": name, "detail": detail})


def tick(account: Account) -> None:
    """The schedule rule, each minute; where the dispatcher would find nothing to do it is not even asked."""
    account.time.at(account.time.now + MINUTE, lambda: tick(account))
    now = account.time.moment().isoformat()
    note_idle(account)
    due = any(item["turn"] <= now for item in account.table.staged("due"))
    busy = account.table.staged("waiting") or due or account.counted()
    if busy and not (account.rates.no_tick and account.rng.random() < account.rates.no_tick):
        account.history.ticks += 1
        account.invoke(
            "Dispatcher",
            {"source": "aws.events", "account": ACCOUNT, "detail-type": "Scheduled Event", "detail": {}},
        )


def note_idle(account: Account) -> None:
    """Who heads the line of a type, with a free instance and a free place, at this minute and at the two before."""
    if account.calm_since is None or account.time.now - account.calm_since < 5 * MINUTE:
        return
    now, heads = account.time.moment().isoformat(), dict[str, Any]()
    for item in sorted(account.table.staged("waiting"), key=lambda item: (item["turn"], item["run"])):
        heads.setdefault(item["instance_type"], item)
    free = [
        item["run"]
        for needs, item in heads.items()
        if (needs == LAMBDA or account.sagemaker.running(needs) + _at_once(item) <= account.plan.quotas[needs])
        and item.get("leased_until", "") < now
        and item.get("not_before", "") < now
        and account.places_taken() < account.plan.most_jobs
    ]
    account.idle = {run: account.idle.get(run, 0) + 1 for run in free}
    account.history.idle += [
        f"{run} heads its line with everything free for three minutes"
        for run, minutes in account.idle.items()
        if minutes == 3
    ]


def _at_once(run: dict[str, Any]) -> int:
    """How many instances there have to be for it."""
    return int(run["max_parallel"]) if "max_trials" in run else 1


def settle(account: Account) -> None:
    """Until nothing runs, waits or is due, or too much time has passed."""
    until = account.time.now + LONGEST
    while account.time.now < until:
        account.time.step()
        quiet = account.time.pending == 1 and account.running == 0
        left = account.table.staged("waiting") or account.table.staged("due") or account.counted()
        if quiet and not left:
            return


def redrive(account: Account) -> None:
    """As `traindrop redrive` does: what a failed event had ended is opened again, and the event goes its way."""
    bodies, account.dead_letters = account.dead_letters, []
    ledger = Ledger(TABLE)
    for body in bodies:
        try:
            letters = read_letter(body, {})
        except NotUnderstood:
            account.dead_letters.append(body)
            continue
        for letter in letters:
            account.say(f"redrive: {letter.about}")
            if letter.is_worth_repeating:
                note_reopened(account, letter, reopen(letter, ledger))
                account.history.redriven.append(letter.about)
                account.invoke(letter.function.split("-")[1], letter.payload)


def is_readable(body: str) -> bool:
    try:
        read_letter(body, {})
    except NotUnderstood:
        return False
    return True


def note_reopened(account: Account, letter: Letter, runs: list[str]) -> None:
    if isinstance(letter.event, TrainingJobStateChange | TuningJobStateChange):
        account.history.reopened.update(runs)
    elif runs and isinstance(letter.event, ObjectCreated):
        account.history.forgotten.update(upload.identity for upload in letter.event.uploads())
