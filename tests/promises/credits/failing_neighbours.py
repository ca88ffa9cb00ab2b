"""Chat's downstream services, which fail as each request's case says, before a real ledger."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.chat.answerers.answerer import Citations, Piece, Question
from services.request_id import request_id
from tests.chat.faults import down
from tests.chat.scripted_neighbours import passage
from tests.promises.credits.failure_cases import Case, Fault

Cases = dict[str, Case]
"""By request id, which every call carries that a question causes."""


async def for_ever() -> None:
    """Until it is cancelled."""
    await asyncio.Event().wait()


class QuotaInBetween(quota_pb2_grpc.QuotaServiceServicer):
    """Hands calls on to a real Quota, in the name of their callers."""

    def __init__(self, cases: Cases, stub: "quota_pb2_grpc.QuotaServiceAsyncStub") -> None:
        self._cases = cases
        self._stub = stub

    async def Reserve(self, request: Any, context: Any) -> Any:
        return await self._hand_on("Reserve", request)

    async def Settle(self, request: Any, context: Any) -> Any:
        return await self._hand_on("Settle", request)

    async def Release(self, request: Any, context: Any) -> Any:
        return await self._hand_on("Release", request)

    async def _hand_on(self, method: str, request: Any) -> Any:
        fault = self._cases[request_id.get()].next_fault(method)
        if fault is Fault.DOWN:
            raise down()
        if fault is Fault.HANGS:
            await for_ever()
        response = await getattr(self._stub, method)(request)
        if fault is Fault.LOST:
            raise down()
        if fault is Fault.HANGS_AFTER:
            await for_ever()
        return response


class FailingRetrieval(retrieval_pb2_grpc.RetrievalServiceServicer):
    """Finds one passage."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def Search(self, request: Any, context: Any) -> retrieval_pb2.SearchResponse:
        fault = self._cases[request_id.get()].next_fault("Search")
        if fault is Fault.DOWN:
            raise down()
        if fault is not None:
            await for_ever()
        return retrieval_pb2.SearchResponse(passages=[passage("Bikes are returned within 14 days.")])


class FailingAnswerer:
    """Answers as the case has it."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        case = self._cases[request_id.get()]
        for _ in range(case.pieces):
            yield Piece("text ")
        if case.failure is not None:
            raise case.failure
        if case.hangs:
            await for_ever()
