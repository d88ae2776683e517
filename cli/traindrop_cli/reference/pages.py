"""All that is written out of the code."""

from traindrop.config_schema import schema_text
from traindrop.hyperparameters.reference import page as hyperparameters
from traindrop_cli.reference.commands import commands
from traindrop_cli.reference.events import events
from traindrop_cli.reference.ledger import ledger
from traindrop_cli.reference.training_yaml import training_yaml


def pages() -> dict[str, str]:
    """The text of each file, by its path in the repository."""
    return {
        "docs/training.schema.json": schema_text(),
        "docs/reference/commands.md": commands(),
        "docs/reference/events.md": events(),
        "docs/reference/hyperparameters.md": hyperparameters(),
        "docs/reference/ledger.md": ledger(),
        "docs/reference/training-yaml.md": training_yaml(),
    }
