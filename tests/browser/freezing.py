"""Services that stand still for a while."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.contract.stack import Stack


@contextmanager
def frozen(stack: Stack, *services: str) -> Iterator[None]:
    """They stop, and go on when the block ends."""
    processes = [stack.process_of(service) for service in services]
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            # One that is gone was taken for dead, which a test that took so long has failed of already.
            with suppress(psutil.NoSuchProcess):
                process.resume()
