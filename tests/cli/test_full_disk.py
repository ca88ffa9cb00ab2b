"""A disk without room: `status` says so; requests get 503 and cost nothing."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.cli.command_line import CommandLine
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


def test_a_full_disk_is_told_by_status(lonely: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for service in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT"):
        monkeypatch.setenv(f"CHATMOUNT_{service}_ADDRESS", "127.0.0.1:1")
    assert "is full" not in lonely.refused("status")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, usual[1]))
    try:
        told = lonely("status", "--json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert json.loads(told.out)["disk"]["full"] is True
    assert json.loads(told.out)["healthy"] is False
    assert f"The disk of CHATMOUNT_HOME={home} is full (" in told.err
    assert list(home.iterdir()) == []
