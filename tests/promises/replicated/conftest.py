"""One replicated stack, which all tests of this folder are put to."""

from collections.abc import Iterator

import pytest

from tests.contract.operator_client import OperatorClient
from tests.promises.replicated.replicated_stack import ReplicatedStack, replicated_stack


@pytest.fixture(scope="session")
def stack_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatedStack]:
    with replicated_stack(tmp_path_factory.mktemp("replicated")) as stack:
        yield stack


@pytest.fixture
def replicated(stack_of_the_run: ReplicatedStack) -> ReplicatedStack:
    """The stack, whole: whatever a test killed, all replicas serve again."""
    stack_of_the_run.until_whole()
    return stack_of_the_run


@pytest.fixture(scope="session")
def operator(stack_of_the_run: ReplicatedStack) -> OperatorClient:
    return OperatorClient(stack_of_the_run)
