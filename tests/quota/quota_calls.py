"""Calls of a running Quota, each in the name of a principal."""

from dataclasses import replace
from typing import Any

import grpc
import pytest
from chatmount.quota.v1 import quota_pb2

from services.errors import from_rpc_error
from services.trust.principal import Principal
from tests.quota.conftest import CALLER, OPERATOR, Served

SEVEN = replace(CALLER, plan="seven")


async def refused(call: Any) -> tuple[str, int | None]:
    """The reason and the wait of a refused call."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = from_rpc_error(caught.value)
    assert error is not None, caught.value
    assert error.text == caught.value.details()
    return error.reason.name, error.retry_after


async def reserve(served: Served, principal: Principal, **fields: Any) -> str:
    request = quota_pb2.ReserveRequest(**{"request_id": "req-1", **fields})
    return str((await served.quota(principal).Reserve(request)).reservation_id)


async def settle(served: Served, principal: Principal, reservation_id: str) -> quota_pb2.SettleResponse:
    response = await served.quota(principal).Settle(quota_pb2.SettleRequest(reservation_id=reservation_id))
    assert isinstance(response, quota_pb2.SettleResponse)
    return response


async def release(served: Served, principal: Principal, reservation_id: str) -> None:
    await served.quota(principal).Release(quota_pb2.ReleaseRequest(reservation_id=reservation_id))


async def usage(served: Served, principal: Principal) -> quota_pb2.GetUsageResponse:
    response = await served.quota(principal).GetUsage(quota_pb2.GetUsageRequest())
    assert isinstance(response, quota_pb2.GetUsageResponse)
    return response


async def entries(served: Served, principal: Principal = OPERATOR) -> list[quota_pb2.LedgerEntry]:
    response = await served.quota(principal).ListLedgerEntries(quota_pb2.ListLedgerEntriesRequest())
    return list(response.entries)
