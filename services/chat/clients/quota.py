"""The credit ledger, reached through Quota's stub."""

import grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.chat.clients.downstream import Patience, ask, ask_unhurried, refusal_for_the_user
from services.chat.credits import ReservationLost, Usage
from services.errors import Reason, from_rpc_error
from services.observe.telemetry import request_id

MAXIMUM_REQUEST_ID_LENGTH = 128

# A service that is down is said to be down quickly: the client can come again.
RESERVE = Patience(deadline=2.0)
# The answer is there and paid work is behind it: worth waiting for a ledger that is being restarted.
SETTLE = Patience(deadline=2.0, pauses=(0.1, 0.2, 0.3), last_pause_repeats=True, total=5.0, also_when_slow=True)
# Nobody waits for it, and a settle whose reply was lost must be undone.
RELEASE = Patience(deadline=2.0, pauses=(0.1, 0.3, 1.0, 3.0), last_pause_repeats=True, total=600.0, also_when_slow=True)

_GONE = frozenset({Reason.WRONG_STATE, Reason.NOT_FOUND})


class QuotaCredits:
    """`Credits` over gRPC. `reservation_seconds`: how long a credit may be held before the ledger takes it back."""

    def __init__(
        self,
        stub: "quota_pb2_grpc.QuotaServiceAsyncStub",
        reservation_seconds: int,
        *,
        reserve: Patience = RESERVE,
        settle: Patience = SETTLE,
        release: Patience = RELEASE,
    ) -> None:
        self._stub = stub
        self._ttl_seconds = reservation_seconds
        self._reserve, self._settle, self._release = reserve, settle, release

    async def reserve(self, reservation_id: str) -> None:
        """See Credits."""
        request = quota_pb2.ReserveRequest(
            request_id=request_id.get()[:MAXIMUM_REQUEST_ID_LENGTH],
            ttl_seconds=self._ttl_seconds,
            reservation_id=reservation_id,
        )
        # Who leaves gives the reservation back at once. The ledger takes both in any order.
        try:
            await ask_unhurried(self._stub.Reserve, request, self._reserve)
        except grpc.aio.AioRpcError as error:
            if _is_gone(error):
                raise ReservationLost(reservation_id) from error
            raise refusal_for_the_user(error) from error

    async def settle(self, reservation_id: str) -> Usage:
        """See Credits."""
        request = quota_pb2.SettleRequest(reservation_id=reservation_id)
        try:
            response: quota_pb2.SettleResponse = await ask_unhurried(self._stub.Settle, request, self._settle)
        except grpc.aio.AioRpcError as error:
            if _is_gone(error):
                raise ReservationLost(reservation_id) from error
            raise refusal_for_the_user(error) from error
        remaining = response.credits_remaining if response.HasField("credits_remaining") else None
        return Usage(response.credits_used, remaining)

    async def release(self, reservation_id: str) -> None:
        """See Credits."""
        request = quota_pb2.ReleaseRequest(reservation_id=reservation_id)
        try:
            await ask(self._stub.Release, request, self._release)
        except grpc.aio.AioRpcError as error:
            if not _is_gone(error):
                raise


def _is_gone(error: grpc.aio.AioRpcError) -> bool:
    refusal = from_rpc_error(error)
    return refusal is not None and refusal.reason in _GONE
