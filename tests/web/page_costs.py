"""What a page takes behind it: calls of services, and statements of their databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.observe.metrics import CALLS
from tests.promises.plans_of_statements import statements

MAXIMUM_CALLS, MAXIMUM_STATEMENTS = 4, 7
"""The first two calls are of every page: Auth lets the browser in, and gives a token."""
MORE_CALLS = {"acct/usage": 5, "acct/usage?by=channel": 5, "bot/?session={ply}": 5}
MORE_STATEMENTS = {"bot/widget": 8}


@dataclass
class Cost:
    """Of one visit. Statements that write are of work beside it."""

    calls: int = 0
    statements: int = 0

    def is_too_much(self, page: str) -> bool:
        """Whether the page takes more than it may."""
        is_called_often = self.calls > MORE_CALLS.get(page, MAXIMUM_CALLS)
        return is_called_often or self.statements > MORE_STATEMENTS.get(page, MAXIMUM_STATEMENTS)


@contextmanager
def counted() -> Iterator[Cost]:
    """The cost of what is done in the block, known after it."""
    cost, before = Cost(), _calls()
    with statements() as sent:
        yield cost
    cost.calls = _calls() - before
    cost.statements = sum(one.reads for one in sent)


def _calls() -> int:
    samples = (sample for metric in CALLS.collect() for sample in metric.samples)
    return int(sum(sample.value for sample in samples if sample.name.endswith("_total")))
