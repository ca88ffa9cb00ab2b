"""What became of operations, some of which are refused."""

import asyncio
from typing import Any

import pytest

from services.errors import ChatmountError


async def refusal_of(coroutine: Any) -> ChatmountError:
    with pytest.raises(ChatmountError) as caught:
        await coroutine
    return caught.value


async def outcomes(*coroutines: Any) -> tuple[int, list[ChatmountError]]:
    """How many succeeded, and the refusals of the others."""
    done = await asyncio.gather(*coroutines, return_exceptions=True)
    refusals = [outcome for outcome in done if isinstance(outcome, ChatmountError)]
    assert len(refusals) == sum(isinstance(outcome, BaseException) for outcome in done), done
    return len(done) - len(refusals), refusals
