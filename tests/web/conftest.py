"""A dashboard for a module, and an account of its own for each test; see dashboard.py.

Test modules share its event loop: `pytestmark = pytest.mark.asyncio(loop_scope="module")`.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.trust.principal_tokens import TokenSigner
from tests.secret import SECRET
from tests.turned_clock import TurnedClock, at
from tests.web.dashboard import Dashboard, opened

NOW = at("2026-11-23 10:00:00")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dashboard]:
    clock = TurnedClock(NOW)
    async with opened(tmp_path_factory.mktemp("web"), TokenSigner([SECRET], clock), clock) as dashboard:
        yield dashboard


@pytest_asyncio.fixture(loop_scope="module")
async def dashboard(running: Dashboard) -> Dashboard:
    running.clock.now = NOW
    running.answerer.scripted = None
    await running.fill()
    return running
