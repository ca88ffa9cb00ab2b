"""A disk without room under a running installation: 503, nothing charged, and answers again when there is room."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.contract.client import Client
from tests.contract.operator_client import OperatorClient
from tests.contract.stack import Stack, eventually


@contextmanager
def no_room_for(process: psutil.Process) -> Iterator[None]:
    """Whatever it writes into a file fails, as on a full disk."""
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("stream", [False, True])
def test_a_ledger_that_can_not_be_written_refuses_requests_and_charges_nothing(
    installation: Stack, stream: bool
) -> None:
    operator = OperatorClient(installation)
    tenant = operator.tenant("plus", pages=False)
    client = Client(installation.base_url, tenant.key)
    assert client.ask(stream=stream).status == 200
    with no_room_for(installation.process_of("quota")):
        for _ in range(3):
            reply = client.ask(stream=stream)
            assert reply.status == 503
            assert reply.error
            assert int(reply.headers["retry-after"]) >= 1
    eventually(lambda: client.ask(stream=stream).status == 200)
    client.close()
    eventually(lambda: operator.usage(tenant, "plus").credits_reserved == 0)
    assert operator.usage(tenant, "plus").credits_used == 2
