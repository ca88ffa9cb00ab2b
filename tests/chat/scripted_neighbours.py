"""Quota, Retrieval and an answerer, played by script."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Self

import grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.chat.answerers.answerer import Citations, Piece, Question
from services.errors import ChatmountError, Reason
from services.ids import new_id
from services.rpc.server import start_server
from services.trust.principal import current_principal
from services.trust.principal_tokens import TokenSigner

from .faults import Faults


class Neighbour:
    """A scripted service, which can be stopped and started again at its address.

    It runs while its block does.
    """

    add: Callable[[Any, grpc.aio.Server], None]

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer
        self._server: grpc.aio.Server | None = None
        self.address = "127.0.0.1:0"
        self.faults = Faults()

    async def start(self) -> None:
        self._server, port, _ = await start_server(self.address, [(self, type(self).add)], self._signer)
        self.address = f"127.0.0.1:{port}"

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(grace=None)
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()


class ScriptedQuota(Neighbour, quota_pb2_grpc.QuotaServiceServicer):
    """A ledger that keeps the rules of the contract in a dictionary."""

    add = staticmethod(quota_pb2_grpc.add_QuotaServiceServicer_to_server)

    def __init__(self, signer: TokenSigner) -> None:
        super().__init__(signer)
        self.states: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.request_ids: list[str] = []
        self.credits: int | None = 1000

    @property
    def charged(self) -> int:
        return list(self.states.values()).count("settled")

    @property
    def held(self) -> int:
        return list(self.states.values()).count("reserved")

    @property
    def remaining(self) -> int | None:
        return None if self.credits is None else self.credits - self.charged - self.held

    def expire_all(self) -> None:
        """What the sweep does when nobody has decided in time."""
        self.states = {key: "expired" if state == "reserved" else state for key, state in self.states.items()}

    async def Reserve(self, request: quota_pb2.ReserveRequest, context: Any) -> quota_pb2.ReserveResponse:
        await self.faults.before("Reserve")
        reservation = request.reservation_id
        if self.states.get(reservation) in {"reserved", "settled"}:
            return quota_pb2.ReserveResponse(reservation_id=reservation)
        if reservation in self.states:
            raise ChatmountError(Reason.WRONG_STATE, "It was released or has expired.")
        if self.remaining is not None and self.remaining < 1:
            raise ChatmountError(Reason.MONTH_LIMIT, "No credits are left.", retry_after=86400)
        self.states[reservation] = "reserved"
        self.owners[reservation] = current_principal().account_id
        self.request_ids.append(request.request_id)
        await self.faults.after("Reserve")
        return quota_pb2.ReserveResponse(reservation_id=reservation)

    async def Settle(self, request: quota_pb2.SettleRequest, context: Any) -> quota_pb2.SettleResponse:
        await self.faults.before("Settle")
        if self.states.get(request.reservation_id) not in {"reserved", "settled"}:
            raise ChatmountError(Reason.WRONG_STATE, "It was released or has expired.")
        self.states[request.reservation_id] = "settled"
        await self.faults.after("Settle")
        return quota_pb2.SettleResponse(credits_used=1, credits_remaining=self.remaining)

    async def Release(self, request: quota_pb2.ReleaseRequest, context: Any) -> quota_pb2.ReleaseResponse:
        await self.faults.before("Release")
        if self.states.get(request.reservation_id) == "expired":
            raise ChatmountError(Reason.WRONG_STATE, "It has expired.")
        known = request.reservation_id in self.states
        self.states[request.reservation_id] = "released"
        if not known:
            raise ChatmountError(Reason.NOT_FOUND, "There is no such reservation.")
        await self.faults.after("Release")
        return quota_pb2.ReleaseResponse()

    async def _unused(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "not scripted")

    GetUsage = GetWindow = ListLedgerEntries = ListPlans = _unused


def passage(text: str, url: str = "https://a.example/page", title: str = "Page", **scores: float) -> Any:
    """A passage of one sentence."""
    cosine = scores.get("cosine", 0.9)
    return retrieval_pb2.Passage(
        id=new_id("psg"),
        source_id=new_id("src"),
        url=url,
        title=title,
        text=text,
        scores=retrieval_pb2.Scores(fused=scores.get("fused", 1.0), sentence=cosine),
        sentences=[retrieval_pb2.Sentence(text=text, vector=cosine, lexical=scores.get("lexical", 0.9))],
    )


class ScriptedRetrieval(Neighbour, retrieval_pb2_grpc.RetrievalServiceServicer):
    """Finds what it was given, whatever the question."""

    add = staticmethod(retrieval_pb2_grpc.add_RetrievalServiceServicer_to_server)

    def __init__(self, signer: TokenSigner) -> None:
        super().__init__(signer)
        self.found = retrieval_pb2.SearchResponse(passages=[passage("Bikes are returned within 14 days.")])
        self.requests: list[retrieval_pb2.SearchRequest] = []
        self.cancelled = 0

    async def Search(self, request: retrieval_pb2.SearchRequest, context: Any) -> retrieval_pb2.SearchResponse:
        self.requests.append(request)
        try:
            await self.faults.before("Search")
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.found


Script = str | float | asyncio.Event | Exception | Citations


class ScriptedAnswerer:
    """Answers by script.

    A text is a piece, a number a pause in seconds, an event a wait, an exception a failure.
    """

    def __init__(self, *script: Script) -> None:
        self.script: Sequence[Script] = script or ("With", "in 14", " days.", Citations((1,)))
        self.questions: list[Question] = []
        self.running = 0
        self.closed = 0
        self.pieces_made = 0

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        self.questions.append(question)
        self.running += 1
        try:
            for step in self.script:
                if isinstance(step, str):
                    self.pieces_made += 1
                    yield Piece(step)
                elif isinstance(step, Citations):
                    yield step
                elif isinstance(step, Exception):
                    raise step
                elif isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    await asyncio.sleep(step)
        finally:
            self.running -= 1
            self.closed += 1
