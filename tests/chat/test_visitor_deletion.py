"""A visitor deletes their conversation: nothing of it is left, whatever is still at work. W19 of the widget, by SQL."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from services.database import Database
from services.errors import Reason
from services.trust.principal import Principal
from tests.database.migrations.seeds import content
from tests.waiting import until

from .callers import MEMBER, OPERATOR, RETURNING, VISITOR
from .chat_harness import Chat, refused, settings_for
from .scripted_neighbours import ScriptedAnswerer
from .visitor_traces import (
    BROKEN,
    OF_VISITOR,
    ONCE,
    OTHER,
    Stored,
    consumed,
    fill,
    has_begun,
    has_rows,
    traces_of,
    work_is_over,
)


@pytest.fixture
async def stored(replicas: list[Chat], tmp_path: Path, database_url: str) -> AsyncIterator[Stored]:
    """All rows of Chat's tables."""
    postgres = {"CHATMOUNT_DATABASE_URL": database_url} if database_url.startswith("postgresql") else {}
    database = Database(settings_for(tmp_path, **postgres).service_database_url("chat"), "chat", seconds=30.0)
    yield lambda: content(database)
    await database.close()


async def test_nothing_of_a_conversation_is_left_and_all_of_the_others(replicas: list[Chat], stored: Stored) -> None:
    one, other = replicas
    await fill(one, VISITOR, "Aladdin")
    await fill(other, OTHER, "Scheherazade")
    await until(lambda: has_rows(stored, "failed_requests", 2))
    before = await stored()
    kept = {"sessions", "turns", "failed_requests", "idempotent_requests"}
    assert set(traces_of(before, *OF_VISITOR)) == kept
    assert len(before["unanswered"]) == 2
    await other.of_visitor("DeleteConversation")
    after = await stored()
    assert traces_of(after, *OF_VISITOR) == []
    assert {table: len(after[table]) for table in kept} == {table: len(before[table]) // 2 for table in kept}
    assert set(traces_of(after, "Scheherazade", "cnv_2")) == kept
    assert len(after["unanswered"]) == 1
    for call in ("GetConversation", "DeleteConversation"):
        assert await refused(one.of_visitor(call)) == Reason.NOT_FOUND
    assert await refused(one.events(principal=RETURNING)) == Reason.NOT_FOUND


async def test_an_operator_deletes_as_much(replicas: list[Chat], stored: Stored) -> None:
    (chat, _) = replicas
    await fill(chat, VISITOR, "Aladdin")
    await until(lambda: has_rows(stored, "failed_requests", 1))
    await chat.of_sessions("DeleteSession", MEMBER, session_id="cnv_1")
    assert traces_of(await stored(), *OF_VISITOR) == []


async def test_the_end_of_a_chatbot_takes_its_appearance_along(replicas: list[Chat], stored: Stored) -> None:
    (chat, _) = replicas
    await fill(chat, VISITOR, "Aladdin")
    await until(lambda: has_rows(stored, "failed_requests", 1))
    await chat.look(title="Lamps")
    owner = replace(MEMBER, member_role="MEMBER_ROLE_OWNER")
    await chat.of_sessions("DeleteAllSessions", owner, keep_profile=True)
    assert traces_of(await stored(), *OF_VISITOR, "Lamps") == ["appearances"]
    await chat.of_sessions("DeleteAllSessions", OPERATOR)
    assert traces_of(await stored(), *OF_VISITOR, "Lamps") == []


@pytest.mark.parametrize("ends", ["whole", "left", "broken"])
@pytest.mark.parametrize("first", [True, False], ids=["first question", "a later one"])
async def test_what_is_still_being_answered_does_not_come_back(
    replicas: list[Chat], answerer: ScriptedAnswerer, stored: Stored, ends: str, first: bool
) -> None:
    one, other = replicas
    if not first:
        await one.events("Where is Aladdin?", principal=VISITOR)
    gate = asyncio.Event()
    answerer.script = ("Aladdin ", gate, "is away.", *([BROKEN] if ends == "broken" else []))
    call = one.stream("Where is Aladdin now?", VISITOR, ONCE)
    assert (await call.read()).content == "Aladdin "
    await other.of_visitor("DeleteConversation")
    if ends == "left":
        call.cancel()
    gate.set()
    await consumed(call)
    await work_is_over(one)
    assert traces_of(await stored(), *OF_VISITOR) == []


async def test_a_conversation_that_was_deleted_is_not_begun_again(
    replicas: list[Chat], answerer: ScriptedAnswerer, stored: Stored
) -> None:
    one, other = replicas
    gate = asyncio.Event()
    script, answerer.script = answerer.script, ("Aladdin ", gate, "is away.")
    call = one.stream("Where is Aladdin?", VISITOR)
    await call.read()
    await other.of_visitor("DeleteConversation")
    answerer.script = script
    # By the ticket that began it, which is still good.
    for chat in replicas:
        assert await refused(chat.events("And Ali Baba?", principal=VISITOR)) == Reason.NOT_FOUND
    gate.set()
    await consumed(call)
    await work_is_over(one)
    assert one.quota.charged == 1
    assert traces_of(await stored(), *OF_VISITOR, "Ali Baba") == []


async def test_a_failure_that_is_noted_late_is_not_kept(
    replicas: list[Chat], answerer: ScriptedAnswerer, stored: Stored
) -> None:
    one, other = replicas
    gate = asyncio.Event()
    answerer.script = (gate, BROKEN)
    call = asyncio.create_task(refused(one.events("Where is Aladdin?", principal=VISITOR)))
    await has_begun(one)
    await other.of_visitor("DeleteConversation")
    gate.set()
    assert await call == Reason.INTERNAL
    await work_is_over(one)
    assert traces_of(await stored(), *OF_VISITOR) == []


@pytest.mark.parametrize("ends", ["left", "broken"])
@pytest.mark.parametrize(
    "delete",
    [lambda chat: chat.of_visitor("DeleteConversation"), lambda chat: chat.of_sessions("DeleteAllSessions")],
    ids=["conversation", "chatbot"],
)
async def test_a_question_whose_conversation_is_deleted_before_it_is_answered_costs_nothing(
    replicas: list[Chat], answerer: ScriptedAnswerer, delete: Callable[[Chat], Awaitable[object]], ends: str
) -> None:
    one, other = replicas
    gate = asyncio.Event()
    answerer.script = (gate, BROKEN)
    call = one.stream("Where is Aladdin?", VISITOR, ONCE)
    reading = asyncio.create_task(consumed(call))
    await has_begun(one)
    await delete(other)
    if ends == "left":
        call.cancel()
    else:
        gate.set()
    await reading
    await work_is_over(one)
    assert one.quota.charged == 0


async def test_a_deletion_among_questions_leaves_nothing(
    replicas: list[Chat], answerer: ScriptedAnswerer, stored: Stored
) -> None:
    chance = random.Random(1)
    answerer.script = ("Aladdin ", 0.002, "is away.")

    async def ask(number: int, visitor: Principal) -> None:
        await asyncio.sleep(chance.random() / 10)
        headers = (("idempotency-key", f"once-{number}"),) if number % 2 else ()
        call = chance.choice(replicas).stream("Where is Aladdin?", replace(visitor, may_begin=False), headers)
        asyncio.get_running_loop().call_later(chance.choice([0.002, 0.02, 9.0, 9.0]), call.cancel)
        await consumed(call)

    async def is_gone() -> bool:
        return traces_of(await stored(), *OF_VISITOR) == []

    async def delete(visitor: Principal) -> None:
        await asyncio.sleep(chance.random() / 10)
        await chance.choice(replicas).of_visitor("DeleteConversation", visitor)

    for place in range(8):
        visitor = replace(VISITOR, conversation_id=f"cnv_1{place}")
        await replicas[0].events("Where is Aladdin?", principal=visitor)
        await asyncio.gather(*(ask(number, visitor) for number in range(12)), delete(visitor))
        await work_is_over(replicas[0])
        # Of a call that was cancelled the last write may still be under way, which does not belong to the work above.
        await until(is_gone, what="the end of all traces")
