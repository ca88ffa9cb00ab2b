"""The gate before the work on a question: who gets a place, and who is refused."""

import asyncio
from contextlib import ExitStack

from services.chat.answerers.answerer import Citations
from services.chat.gate import BURST_SECONDS, BURST_TIMES, CALM_SECONDS, FLOOD_SHARE, Gate
from services.errors import ChatmountError, Reason
from tests.waiting import until

from .chat_harness import PATIENT, refused
from .conftest import Serving
from .scripted_neighbours import ScriptedAnswerer

PLACES = 8
MOST = PLACES * BURST_TIMES
IN_FLOOD = PLACES // FLOOD_SHARE


class Entrance:
    """Questions that come to a gate whose clock stands still unless it is turned."""

    def __init__(self) -> None:
        self.now = 100.0
        self.gate = Gate(PLACES, lambda: self.now)
        self.at_work: list[ExitStack] = []

    def admits(self) -> bool:
        """Whether one more question gets a place, which it keeps."""
        try:
            self.gate.check()
        except ChatmountError as error:
            if error.reason is not Reason.OVERLOADED:
                raise
            return False
        place = ExitStack()
        place.enter_context(self.gate.at_work())
        self.at_work.append(place)
        return True

    def leave(self, questions: int) -> None:
        for _ in range(questions):
            self.at_work.pop().close()


def test_a_burst_is_admitted_up_to_a_bound() -> None:
    entrance = Entrance()
    assert [entrance.admits() for _ in range(MOST + 1)] == [True] * MOST + [False]


def test_a_burst_that_does_not_end_is_a_flood() -> None:
    entrance = Entrance()
    assert all(entrance.admits() for _ in range(PLACES + 1))
    entrance.now += BURST_SECONDS
    assert entrance.admits()
    entrance.now += 0.1
    assert not entrance.admits()


def test_all_places_may_be_taken_for_good_and_bursts_may_follow_each_other() -> None:
    entrance = Entrance()
    for _ in range(3):
        while len(entrance.at_work) <= PLACES:
            assert entrance.admits()
        entrance.now += BURST_SECONDS
        entrance.leave(1 + PLACES // 2)
        entrance.now += BURST_SECONDS


def test_a_flood_has_fewer_places_until_nothing_was_refused_for_a_while() -> None:
    entrance = Entrance()
    while entrance.admits():
        pass
    entrance.leave(MOST - IN_FLOOD)
    entrance.now += CALM_SECONDS - 0.1
    assert not entrance.admits()
    entrance.leave(1)
    assert entrance.admits()
    # The refusal above counts from its own moment.
    entrance.now += CALM_SECONDS - 0.1
    assert not entrance.admits()
    entrance.now += CALM_SECONDS
    assert [entrance.admits() for _ in range(MOST - IN_FLOOD + 1)] == [True] * (MOST - IN_FLOOD) + [False]


def test_who_waits_for_a_model_takes_no_place() -> None:
    entrance = Entrance()
    while len(entrance.at_work) < MOST:
        assert entrance.admits()
    with entrance.gate.aside():
        assert entrance.admits()
    assert not entrance.admits()


async def test_a_refused_question_leaves_nothing_and_cuts_nothing_off(serving: Serving) -> None:
    found, written = asyncio.Event(), asyncio.Event()
    answerer = ScriptedAnswerer("With", written, "in 14 days.", Citations((1,)))
    same = {"headers": (("idempotency-key", "once"),), "session_id": "s"}
    async with serving(answerer, PATIENT, CHATMOUNT_QUESTIONS_AT_ONCE=str(PLACES)) as chat:
        running = chat.stream()
        assert (await running.read()).content == "With"
        for _ in range(MOST):
            chat.retrieval.faults.hang("Search", found)
        waiting = [asyncio.create_task(chat.ask()) for _ in range(MOST)]
        await until(lambda: len(chat.retrieval.requests) == 1 + MOST)
        reserved = chat.quota.faults.calls["Reserve"]
        assert await refused(chat.ask(**same)) is Reason.OVERLOADED
        assert await refused(chat.stream(**same).read()) is Reason.OVERLOADED
        assert chat.quota.faults.calls["Reserve"] == reserved
        found.set()
        written.set()
        await asyncio.gather(*waiting)
        assert [(await running.read()).type for _ in range(3)] == ["token", "sources", "done"]
        first, again = [await chat.ask(**same) for _ in range(2)]
        assert first == again
        await until(lambda: (chat.quota.held, chat.quota.charged) == (0, 2 + MOST))
