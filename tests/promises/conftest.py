"""What several promises are put to: one replicated stack, and a client that asks many things at once."""

from collections.abc import Iterator

import pytest

from tests.contract.operator_client import OperatorClient
from tests.promises.replicated_stack import ReplicatedStack, replicated_stack


@pytest.fixture(scope="session")
def replicated_stack_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatedStack]:
    with replicated_stack(tmp_path_factory.mktemp("replicated")) as stack:
        yield stack


@pytest.fixture
def replicated(replicated_stack_of_the_run: ReplicatedStack) -> ReplicatedStack:
    """A whole replicated stack, which others use as well: whatever a test killed, all replicas serve again."""
    replicated_stack_of_the_run.until_whole()
    return replicated_stack_of_the_run


@pytest.fixture
def operator(replicated: ReplicatedStack) -> OperatorClient:
    """An operator of it."""
    return OperatorClient(replicated)
