"""Who gives back the credit of a request that may come again, when its entry is deleted while it is answered."""

from collections.abc import Awaitable, Callable

import pytest

from services.chat.idempotency.answers import LEASE_SECONDS
from services.chat.idempotency.entry import Attempt, Identity, Taken
from services.chat.idempotency.shared_reservation import SharedReservation
from services.chat.store.idempotency import IdempotencyStore
from services.chat.store.sessions import SessionStore
from services.clock import now_ms
from services.database import Database
from services.ids import new_id
from tests.turned_clock import TurnedClock

Begin = Callable[[], Awaitable[SharedReservation]]
Delete = Callable[[], Awaitable[object]]

IDENTITY = Identity("key_1", "bot_1", "once", "digest")


@pytest.fixture
def lease_ms(clock: TurnedClock) -> Callable[[], int]:
    """When a lease ends that is taken now."""
    return lambda: now_ms(clock) + int(LEASE_SECONDS * 1000)


@pytest.fixture
def begin(database: Database, clock: TurnedClock, lease_ms: Callable[[], int]) -> Begin:
    """Begins an attempt, which works on the entry."""
    store = IdempotencyStore(database)

    async def begun() -> SharedReservation:
        attempt = Attempt(IDENTITY, new_id("try"), new_id("rsv"))
        state = await store.begin(attempt, now_ms(clock), 0, lease_ms())
        assert isinstance(state, Taken)
        return SharedReservation(store, attempt, state.reservation_id, clock, lease_ms())

    return begun


@pytest.fixture
def delete(sessions: SessionStore) -> Delete:
    """Deletes the entry, with all that is its chatbot's."""
    return lambda: sessions.delete_all("bot_1")


async def test_who_works_on_a_deleted_entry_gives_the_credit_back(begin: Begin, delete: Delete) -> None:
    reservation = await begin()
    await delete()
    assert await reservation.give_up()


async def test_so_does_who_began_before_the_same_request_was_begun_anew(begin: Begin, delete: Delete) -> None:
    reservation = await begin()
    await delete()
    renewed = await begin()
    assert await reservation.give_up()
    assert await renewed.give_up()
    assert renewed.id != reservation.id


@pytest.mark.parametrize("renewals_before", [0, 2])
async def test_however_long_the_work_takes(
    begin: Begin, delete: Delete, clock: TurnedClock, lease_ms: Callable[[], int], renewals_before: int
) -> None:
    reservation = await begin()
    for renewal in range(5):
        if renewal == renewals_before:
            await delete()
        clock.now += LEASE_SECONDS - 1
        await reservation.renew(lease_ms())
    assert await reservation.give_up()


async def test_who_was_taken_for_dead_leaves_the_credit_to_the_next(
    begin: Begin, delete: Delete, clock: TurnedClock, lease_ms: Callable[[], int]
) -> None:
    dead = await begin()
    clock.now += LEASE_SECONDS
    assert (await begin()).id == dead.id
    await delete()
    await dead.renew(lease_ms())
    assert not await dead.give_up()


async def test_what_the_attempt_before_may_have_been_charged_for_is_not_given_back(
    begin: Begin, delete: Delete, clock: TurnedClock
) -> None:
    await begin()
    clock.now += LEASE_SECONDS
    inherited = await begin()
    await delete()
    assert not await inherited.give_up()


async def test_what_was_reserved_in_place_of_a_lost_credit_is_given_back(
    begin: Begin, delete: Delete, clock: TurnedClock
) -> None:
    await begin()
    clock.now += LEASE_SECONDS
    replaced = await begin()
    await replaced.replace()
    await delete()
    assert await replaced.give_up()
