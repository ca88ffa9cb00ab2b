"""Whom Chat works with, played by script: Quota, Retrieval and an answerer, and what goes wrong in them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import Any

import grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.chat.answerers.answerer import Citations, Piece, Question
from services.errors import ChatmountError, Reason
from services.ids import new_id
from services.trust.principal import current_principal

Fault = Callable[[], Any]
"""Awaited in place of, or before, what a scripted service does."""


class Faults:
    """What goes wrong in a scripted service: per method, one fault per call, the last of them again and again."""

    def __init__(self) -> None:
        self._before: dict[str, list[Fault]] = defaultdict(list)
        self._after: dict[str, list[Fault]] = defaultdict(list)
        self.calls: dict[str, int] = defaultdict(int)
        self.left: dict[str, int] = defaultdict(int)

    def fail(self, method: str, error: Exception, times: int = 1_000_000) -> None:
        """The next calls of `method` do nothing and fail with `error`."""
        self._before[method] += [partial(_raise, error)] * min(times, 50)

    def lose_reply(self, method: str, times: int = 1) -> None:
        """The next calls of `method` do what they should and then seem to have failed."""
        self._after[method] += [partial(_raise, down())] * times

    def hang(self, method: str, gate: asyncio.Event, *, after: bool = False) -> None:
        """The next call of `method` waits for the gate before (or after) it does what it should.

        `left` counts the callers that did not wait so long.
        """

        async def wait() -> None:
            try:
                await gate.wait()
            except asyncio.CancelledError:
                self.left[method] += 1
                raise

        (self._after if after else self._before)[method].append(wait)

    def precede(self, method: str, happens: Callable[[], None], times: int = 1) -> None:
        """Before each of the next calls of `method` something else happens."""

        async def happen() -> None:
            happens()

        self._before[method] += [happen] * times

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self._before.clear()
        self._after.clear()

    async def before(self, method: str) -> None:
        self.calls[method] += 1
        if self._before[method]:
            await self._before[method].pop(0)()

    async def after(self, method: str) -> None:
        if self._after[method]:
            await self._after[method].pop(0)()


async def _raise(error: Exception) -> None:
    raise error


def down() -> ChatmountError:
    return ChatmountError(Reason.UNAVAILABLE, "The service is temporarily unavailable.")


class ScriptedQuota(quota_pb2_grpc.QuotaServiceServicer):
    """A ledger that keeps the rules of the contract in a dictionary."""

    def __init__(self) -> None:
        self.faults = Faults()
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


class ScriptedRetrieval(retrieval_pb2_grpc.RetrievalServiceServicer):
    """Finds what it was given, whatever the question."""

    def __init__(self) -> None:
        self.faults = Faults()
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
    """Answers by script: a text is a piece, a number a pause in seconds, an event a wait, an exception a failure."""

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
