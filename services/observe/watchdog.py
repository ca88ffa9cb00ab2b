"""A watch over a process that may stop answering."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_SECONDS = 30.0
ROUNDS = 6
"""How often a process is asked within its patience."""
START_ROUNDS = 60
"""How often a process that has been started again is asked until it must have answered once."""


class Watchdog:
    """Watches over one process, which is another one after every restart.

    It counts questions and not seconds: when the whole machine was asleep, no process has hung.
    """

    def __init__(
        self,
        process: Callable[[], int | None],
        answers: Callable[[], Awaitable[bool]],
        hung: Callable[[str], None],
        patience: float = PATIENCE_SECONDS,
        *,
        is_ready: bool = False,
    ) -> None:
        """`process`: the id of the one that runs now. `answers`: asks it; OSError when it can't.

        `is_ready`: it has answered already. `hung` is called, with words such as "has not answered for 30 s", after
        `patience` seconds without an answer.
        """
        self._process = process
        self._answers = answers
        self._hung = hung
        self._pause = patience / ROUNDS
        self._allowed = ROUNDS if is_ready else START_ROUNDS

    async def keep(self) -> None:
        """Watches until it is cancelled."""
        judged, silent, allowed = self._process(), 0, self._allowed
        while True:
            answered, _ = await asyncio.gather(self._ask(), asyncio.sleep(self._pause))
            if self._process() != judged:
                judged, silent, allowed = self._process(), 0, START_ROUNDS
            elif answered:
                silent, allowed = 0, ROUNDS
            elif answered is not None and judged is not None:
                silent += 1
            if silent >= allowed:
                self._hung(f"has not answered for {silent * self._pause:g} s")
                silent, allowed = 0, START_ROUNDS

    async def _ask(self) -> bool | None:
        try:
            async with asyncio.timeout(self._pause):
                return await self._answers()
        except TimeoutError:
            return False
        except OSError:
            return None
