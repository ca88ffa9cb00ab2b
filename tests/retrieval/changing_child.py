"""`python -m tests.retrieval.changing_child HOME EVERY`: changeovers that are killed.

Each changes over to another model in a copy of HOME. The first is killed at step 1, the others EVERY steps later each.

A step is a write to an index, or one of those that make the new index the one that serves and take the old one away.
The copies stand beside HOME, named by their step; the last one got through.
"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from services.config.settings import load_settings
from services.retrieval.build import open_retrieval
from services.retrieval.index.edge import editions as edge_editions
from services.retrieval.index.edge.edge import EdgeIndex
from tests.retrieval.changed_model import OTHER, is_served_by, other_embedder

STEPS = [
    (EdgeIndex, "_write"),
    (edge_editions.EdgeEditions, "promote"),
    (edge_editions.EdgeEditions, "drop_earlier"),
    (edge_editions, "_remove_others"),
    (shutil, "rmtree"),
]


def mortal(owner: Any, name: str, is_last: Callable[[], bool]) -> None:
    """Have the process killed before a step, the one of its number."""
    method = getattr(owner, name)

    def step(*arguments: Any, **named: Any) -> Any:
        if is_last():
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments, **named)

    setattr(owner, name, step)


async def change_over(home: Path) -> None:
    """Serve until the new index does."""
    async with open_retrieval(load_settings({"CHATMOUNT_HOME": str(home)}), other_embedder()):
        async with asyncio.timeout(60):
            while not is_served_by(home, OTHER):  # noqa: ASYNC110 - a changeover tells nobody of its steps
                await asyncio.sleep(0.01)


def main(home: Path, every: int) -> None:
    """One fork after the other, until one gets through."""
    for step in count(1, every):
        own = home.with_name(str(step))
        shutil.copytree(home, own)
        child = os.fork()
        if child == 0:
            calls = count(1)
            for owner, name in STEPS:
                mortal(owner, name, lambda: next(calls) == step)  # noqa: B023 - the process ends with this turn
            asyncio.run(change_over(own))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
