"""A scripted provider, and what asks it."""

from collections.abc import AsyncIterator

import pytest

from .scripted_provider import ScriptedProvider, scripted_provider


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with scripted_provider() as provider:
        yield provider
