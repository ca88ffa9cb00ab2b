import asyncio
import random
from collections import Counter

import pytest

from services.chat.answerers.model.admission import Admission
from services.errors import ChatmountError, Reason
from tests.each import for_each
from tests.waiting import until


class Call:
    """A model call that lasts until it is told to end."""

    def __init__(self, admission: Admission, chatbot_id: str) -> None:
        self.begun = asyncio.Event()
        self._end = asyncio.Event()
        self.task = asyncio.create_task(self._run(admission, chatbot_id))

    async def _run(self, admission: Admission, chatbot_id: str) -> None:
        async with admission.place(chatbot_id):
            self.begun.set()
            await self._end.wait()

    async def end(self) -> None:
        self._end.set()
        await self.task


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_chatbot_may_have_most_places_but_not_all() -> None:
    admission = Admission(16, queue_seconds=0.01)
    greedy = [Call(admission, "a") for _ in range(20)]
    await turn()
    await until(lambda: admission.waiting == 0)
    assert admission.in_flight == 14
    modest = Call(admission, "b")
    await turn()
    assert modest.begun.is_set()
    for call in (*(call for call in greedy if call.begun.is_set()), modest):
        await call.end()
    refused = await asyncio.gather(*(call.task for call in greedy if not call.begun.is_set()), return_exceptions=True)
    assert {error.reason for error in refused if isinstance(error, ChatmountError)} == {Reason.OVERLOADED}
    assert (len(refused), admission.in_flight, admission.waiting) == (6, 0, 0)


@for_each(("places", "alone"), [(1, 1), (2, 1), (4, 3), (7, 6), (8, 7), (64, 56)])
async def test_the_share_of_one_chatbot(places: int, alone: int) -> None:
    admission = Admission(places, queue_seconds=0.01)
    calls = [Call(admission, "a") for _ in range(places + 1)]
    await turn()
    assert sum(call.begun.is_set() for call in calls) == alone
    for call in calls:
        call.task.cancel()
    await asyncio.gather(*(call.task for call in calls), return_exceptions=True)
    assert (admission.in_flight, admission.waiting) == (0, 0)


async def test_a_free_place_goes_to_the_chatbot_with_the_fewest_calls() -> None:
    admission = Admission(3, queue_seconds=5)
    first, second = Call(admission, "a"), Call(admission, "a")
    third = Call(admission, "b")
    await turn()
    more, newcomer = Call(admission, "a"), Call(admission, "c")
    await turn()
    await first.end()
    await turn()
    assert (newcomer.begun.is_set(), more.begun.is_set()) == (True, False)
    for call in (second, third, newcomer, more):
        await call.end()


async def test_where_too_many_wait_those_who_wait_most_are_refused() -> None:
    admission = Admission(2, queue_seconds=5)
    held = [Call(admission, "a"), Call(admission, "b")]
    await turn()
    waiting = [Call(admission, "a"), Call(admission, "a")]
    await turn()
    newcomer = Call(admission, "c")
    await turn()
    assert [call.task.done() for call in waiting] == [False, True]
    another = Call(admission, "c")
    await turn()
    assert another.task.done()
    with pytest.raises(ChatmountError) as refusal:
        await another.task
    assert refusal.value.retry_after
    await asyncio.gather(waiting[1].task, return_exceptions=True)
    for call in (*held, newcomer, waiting[0]):
        await call.end()
    assert (admission.in_flight, admission.waiting) == (0, 0)


async def test_whatever_happens_no_place_is_lost_and_none_is_given_twice() -> None:
    chance = random.Random(7)
    admission = Admission(5, queue_seconds=0.005)
    most: Counter[str] = Counter()
    running: Counter[str] = Counter()

    async def call(chatbot_id: str) -> None:
        async with admission.place(chatbot_id):
            running[chatbot_id] += 1
            most[chatbot_id] = max(most[chatbot_id], running[chatbot_id])
            assert running.total() <= 5
            try:
                await asyncio.sleep(chance.uniform(0, 0.004))
            finally:
                running[chatbot_id] -= 1

    tasks = []
    for _ in range(800):
        tasks.append(asyncio.create_task(call(chance.choice("aaaabc"))))
        if chance.random() < 0.2:
            chance.choice(tasks).cancel()
        if chance.random() < 0.3:
            await asyncio.sleep(0.001)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (admission.in_flight, admission.waiting, running.total()) == (0, 0, 0)
    assert max(most.values()) <= 4
    async with admission.place("a"):
        assert admission.in_flight == 1
