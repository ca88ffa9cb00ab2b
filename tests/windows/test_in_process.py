"""Windows of one process, with a clock that is turned by hand."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.windows import window
from services.windows.in_process import InProcessWindows
from services.windows.window import WINDOW_SECONDS, Count, Window
from tests.turned_clock import TurnedClock


@pytest.fixture
def windows(clock: TurnedClock) -> InProcessWindows:
    return InProcessWindows(clock)


async def test_a_window_opens_with_the_first_request_and_lasts_sixty_seconds(
    windows: InProcessWindows, clock: TurnedClock
) -> None:
    assert await windows.hit("k", 2) == Window(True, 2, 1, 1_000_060)
    clock.now += 30
    assert await windows.hit("k", 2) == Window(True, 2, 0, 1_000_060)
    clock.now = 1_000_059.999
    assert await windows.hit("k", 2) == Window(False, 2, 0, 1_000_060)
    clock.now = 1_000_060.0
    assert await windows.hit("k", 2) == Window(True, 2, 1, 1_000_120)


async def test_refused_requests_neither_open_nor_extend_a_window(windows: InProcessWindows, clock: TurnedClock) -> None:
    await windows.hit("k", 1)
    for _ in range(59):
        clock.now += 1
        assert (await windows.hit("k", 1)).reset_at == 1_000_060
    clock.now = 1_000_061.5
    assert await windows.hit("k", 0) == Window(False, 0, 0, 1_000_121)
    assert windows.standing("k") is None
    clock.now = 1_000_070.0
    assert await windows.hit("k", 1) == Window(True, 1, 0, 1_000_130)


async def test_a_look_counts_nothing_and_opens_nothing(windows: InProcessWindows, clock: TurnedClock) -> None:
    assert await windows.peek("k", 3) == Window(True, 3, 3, 1_000_060)
    clock.now += 10
    assert await windows.peek("k", 3) == Window(True, 3, 3, 1_000_070)
    assert len(windows) == 0
    for _ in range(3):
        await windows.hit("k", 3)
    assert await windows.peek("k", 3) == Window(False, 3, 0, 1_000_070)


async def test_exactly_the_limit_is_accepted_of_many_at_once(windows: InProcessWindows) -> None:
    told = await asyncio.gather(*(windows.hit("k", 60) for _ in range(200)))
    assert sum(one.allowed for one in told) == 60
    assert [one.remaining for one in told[:60]] == list(range(59, -1, -1))


async def test_a_limit_that_changes_within_a_window_counts_what_was_accepted(windows: InProcessWindows) -> None:
    for _ in range(10):
        await windows.hit("k", 60)
    assert await windows.hit("k", 5) == Window(False, 5, 0, 1_000_060)
    assert (await windows.hit("k", 12)).remaining == 1
    assert (await windows.hit("k", 200)).remaining == 188


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_of_none_is_no_limit_broken(windows: InProcessWindows, limit: int) -> None:
    assert await windows.hit("k", limit) == Window(False, 0, 0, 1_000_060)
    assert len(windows) == 0


async def test_windows_that_are_over_take_no_memory(windows: InProcessWindows, clock: TurnedClock) -> None:
    for number in range(1000):
        await windows.hit(f"k{number}", 5)
        clock.now += 0.01
    assert len(windows) == 1000
    clock.now += 60
    await windows.hit("new", 5)
    assert len(windows) == 1


async def test_a_flood_of_keys_takes_no_more_memory_than_was_set(clock: TurnedClock) -> None:
    windows = InProcessWindows(clock, maximum=100)
    for number in range(500):
        await windows.hit(f"k{number}", 1)
    assert len(windows) == 100
    assert not (await windows.hit("k499", 1)).allowed
    assert (await windows.hit("k0", 1)).allowed


async def test_a_clock_set_back_a_little_gives_no_new_window_and_one_set_back_far_ends_it(
    windows: InProcessWindows, clock: TurnedClock
) -> None:
    await windows.hit("k", 1)
    clock.now -= 3
    assert await windows.hit("k", 1) == Window(False, 1, 0, 1_000_057)
    clock.now -= 3600
    assert (await windows.hit("k", 1)).allowed


async def test_closing_forgets(windows: InProcessWindows) -> None:
    await windows.hit("k", 1)
    await windows.close()
    assert len(windows) == 0


STEPS = st.lists(st.tuples(st.floats(0, 40), st.integers(0, 4)), max_size=80)


@given(STEPS, st.floats(1e9, 2e9))
def test_no_story_breaks_the_promises(steps: list[tuple[float, int]], start: float) -> None:
    count: Count | None = None
    now, accepted_at, before = start, [], None
    for wait, limit in steps:
        now += wait
        count, told = window.hit(count, limit, now)
        assert now < told.reset_at <= now + WINDOW_SECONDS
        assert 0 <= told.remaining <= told.limit
        assert 1 <= told.retry_after(now) <= WINDOW_SECONDS
        if told.allowed:
            accepted_at.append((told.reset_at, limit))
            assert sum(reset == told.reset_at for reset, _ in accepted_at) <= limit
        if before is not None and before.reset_at == told.reset_at and before.limit == told.limit and told.allowed:
            assert told.remaining <= before.remaining
        before = told
