"""A dashboard to each test; see dashboard.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.trust.principal_tokens import TokenSigner
from tests.secret import SECRET
from tests.turned_clock import TurnedClock, at
from tests.web.dashboard import Dashboard, opened


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(at("2026-11-23 10:00:00"))


@pytest.fixture
async def dashboard(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Dashboard]:
    async with opened(tmp_path, TokenSigner([SECRET], clock), clock) as running:
        yield running
