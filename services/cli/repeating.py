"""A work that is done again and again until a signal ends it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from time import monotonic

import click

from services.cli.failures import Missing
from services.cli.output.streams import OutputLost
from services.config.settings import SettingsError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# No further try would mend these.
_LASTING = (Missing, SettingsError, click.ClickException, OutputLost)

Run = Callable[[], Awaitable[None]]


async def repeat(
    run: Run,
    seconds: float,
    on_failure: Callable[[Exception], None],
    clock: Callable[[], float] = monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run at once, and then whenever `seconds` have passed.

    A run that takes longer is waited for, and what fell due meanwhile is left out. `on_failure` is told of a run that
    fails, after which the next comes as usual; what no further run would mend is raised.
    """
    due = clock()
    while True:
        try:
            await run()
        except _LASTING:
            raise
        except Exception as error:
            on_failure(error)
        now = clock()
        due += seconds * (1 + (now - due) // seconds)
        await sleep(due - now)


async def until_signal(work: Awaitable[None]) -> None:
    """Await `work`, which SIGINT and SIGTERM end."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    try:
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
