"""The errors of traindrop, by who can act on them.

    TraindropError
    ├── Rejected          the person: the upload or its training.yaml has to change; a message says how
    ├── LaunchRefused     the person or the account's owner: SageMaker refused the request for good
    ├── EvaluationFailed  the person: the run's artifacts or its test CSV cannot be scored
    └── Foreign           nobody: an event that is none of this stack's is logged, and done with

Anything else leaves the handler and is retried by Lambda: time mends it (throttling), or we have
to; then it ends in the dead-letter queue and the person is told.
"""

# Nobody reads more, and a reason is stored with its run: an item of DynamoDB's takes 400 KB.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_REASON = 10_000


class TraindropError(Exception):
    """Base of every error that traindrop raises on purpose; `str(error)` is meant for a person.

    It has at most `MAX_REASON` characters, whatever a file put into it.
    """

    def __str__(self) -> str:
        text = super().__str__()
        return text if len(text) <= MAX_REASON else f"{text[: MAX_REASON - 1]}…"


class Rejected(TraindropError):
    """The upload must not be trained on as it is. Nothing was launched, no money was spent."""


class LaunchRefused(TraindropError):
    """SageMaker will never accept this request as it is."""


class EvaluationFailed(TraindropError):
    """The training job completed, but its result could not be scored. The model is kept."""


class Foreign(TraindropError):
    """An event of another account, stack, source or bucket. It is not told to anyone, and not tried again."""
