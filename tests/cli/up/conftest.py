"""A launcher to try things on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.stack import USUAL, Stack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Not started yet; nothing of it is left after the test."""
    stack = Stack(tmp_path / "home", USUAL)
    yield stack
    stack.abandon()
