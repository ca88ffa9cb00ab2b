"""Insertions that another replica may make at the same time."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

Result = TypeVar("Result")


async def despite_conflicts(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """The result of a transaction that is repeated when another one inserted its row."""
    for _ in range(2):
        with suppress(IntegrityError):
            return await attempt()
    return await attempt()
