"""Write the reference: `python -m traindrop_cli.reference`, or `make reference`."""

from traindrop_cli.local_stack import repository
from traindrop_cli.reference.pages import pages

for path, text in pages().items():
    (repository() / path).parent.mkdir(parents=True, exist_ok=True)
    (repository() / path).write_text(text, encoding="utf-8")
    print(path)
