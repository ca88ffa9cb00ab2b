"""A dashboard for all modules, with empty tables for each, and an account of its own for each test; see dashboard.py.

They share its event loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.trust.principal_tokens import TokenSigner
from tests.secret import SECRET
from tests.turned_clock import TurnedClock, at
from tests.web.dashboard import Dashboard, opened
from tests.web.visitor import SITE, WidgetOf

NOW = at("2026-11-23 10:00:00")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened_once(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dashboard]:
    clock = TurnedClock(NOW)
    async with opened(tmp_path_factory.mktemp("web"), TokenSigner([SECRET], clock), clock) as dashboard:
        yield dashboard


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(opened_once: Dashboard) -> Dashboard:
    await opened_once.empty()
    return opened_once


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(running: Dashboard, quick_passwords: None) -> Dashboard:
    running.clock.now = NOW
    running.answerer.scripted = None
    await running.fill()
    return running


@pytest_asyncio.fixture(loop_scope="session")
async def widget(dashboard: Dashboard) -> WidgetOf:
    """A widget that may answer on SITE."""
    return await WidgetOf.find(dashboard, SITE)
