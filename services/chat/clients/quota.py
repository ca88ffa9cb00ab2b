"""The credit ledger, reached through Quota's stub."""

from collections.abc import Callable
from typing import Any

from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.chat.clients.downstream import Patience, ask, refusal_for_the_user
from services.chat.reservation import CreditUsage, ReservationLost
from services.errors import ChatmountError, Reason
from services.request_id import request_id

MAXIMUM_REQUEST_ID_LENGTH = 128

# A service that is down is said to be down quickly: the client can come again.
RESERVE = Patience(deadline=3.0)
# The answer is there and paid work is behind it: worth waiting for a ledger that is being restarted.
SETTLE = Patience(deadline=2.0, pauses=(0.1, 0.2, 0.3), last_pause_repeats=True, total=5.0, also_when_slow=True)
# Nobody waits for it, and a settle whose reply was lost must be undone.
RELEASE = Patience(deadline=2.0, pauses=(0.1, 0.3, 1.0, 3.0), last_pause_repeats=True, total=600.0, also_when_slow=True)

_GONE = frozenset({Reason.WRONG_STATE, Reason.NOT_FOUND})


class QuotaClient:
    """The ledger, for the account of the call being served.

    `reservation_seconds`: how long a credit may be held before the ledger takes it back. What users may know of a
    failure is raised as a `ChatmountError`.
    """

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
        """Sets one credit aside under this id, once however often it is asked.

        ReservationLost when that is over.
        """
        request = quota_pb2.ReserveRequest(
            request_id=request_id.get()[:MAXIMUM_REQUEST_ID_LENGTH],
            ttl_seconds=self._ttl_seconds,
            reservation_id=reservation_id,
        )
        # Who leaves gives the reservation back at once. The ledger takes both in any order.
        await _ask(self._stub.Reserve, request, self._reserve)

    async def settle(self, reservation_id: str) -> CreditUsage:
        """Charges a reservation, patiently: the answer is already there.

        ReservationLost when it can't be charged.
        """
        request = quota_pb2.SettleRequest(reservation_id=reservation_id)
        response: quota_pb2.SettleResponse = await _ask(self._stub.Settle, request, self._settle)
        remaining = response.credits_remaining if response.HasField("credits_remaining") else None
        return CreditUsage(response.credits_used, remaining)

    async def release(self, reservation_id: str) -> None:
        """Gives a reservation back, also a charged one, very patiently."""
        request = quota_pb2.ReleaseRequest(reservation_id=reservation_id)
        try:
            await ask(self._stub.Release, request, self._release)
        except ChatmountError as error:
            if error.reason not in _GONE:
                raise


async def _ask(call: Callable[..., Any], request: Any, patience: Patience) -> Any:
    try:
        return await ask(call, request, patience)
    except ChatmountError as error:
        raise (ReservationLost() if error.reason in _GONE else refusal_for_the_user(error)) from error
