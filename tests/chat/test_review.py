"""Questions without an answer: kept, grouped, decided on, and gone with their turns."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from services.chat.sessions import Turn
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.chat.store.unanswered import MAXIMUM_OTHER_WORDINGS, NEWEST, NEWEST_OF_MANY, UnansweredStore
from services.chat.trace import Maker, Trace
from services.chat.unanswered import ReviewState, UnansweredQuestion, question_id
from services.database import Database

NOW_MS = 1_800_000_000_000
BOT, OTHER = "bot_1", "bot_2"
OPEN, ANSWERED, NOT_OURS = ReviewState


@pytest.fixture
def unanswered(database: Database) -> UnansweredStore:
    return UnansweredStore(database)


class Asking:
    """Turns at one second after the other."""

    def __init__(self, turns: TurnStore) -> None:
        self.turns = turns
        self.at = NOW_MS

    async def __call__(
        self, question: str, session_id: str = "s", bot: str = BOT, maker: Maker = Maker.FALLBACK, since: int = 0
    ) -> Turn:
        self.at += 1000
        turn = Turn(question, "a", (), f"r{self.at}", self.at)
        await self.turns.append(bot, session_id, turn, since, Trace(maker=maker))
        return turn


@pytest.fixture
def ask(turns: TurnStore) -> Asking:
    return Asking(turns)


async def listed(
    unanswered: UnansweredStore, state: ReviewState = OPEN, bot: str = BOT, since: int = 0
) -> list[tuple[str, int]]:
    return [(each.question, each.times) for each in await unanswered.page(bot, state, None, 100, since)]


async def test_alike_wordings_stand_together_the_most_frequent_first(ask: Asking, unanswered: UnansweredStore) -> None:
    for question in ("Where?", "How much?", "where", "Who?", "WHERE !", "How much", "Where?"):
        await ask(question, session_id=f"s {question}")
    await ask("Where?", maker=Maker.EXTRACTIVE)
    await ask("Where?", maker=Maker.PAIR)
    await ask("Where?", bot=OTHER)
    page = await unanswered.page(BOT, OPEN, None, 10, 0)
    assert [(each.question, each.times) for each in page] == [("Where?", 4), ("How much", 2), ("Who?", 1)]
    assert page[0] == UnansweredQuestion(
        id=question_id("where"),
        question="Where?",
        other_wordings=("WHERE !", "where"),
        times=4,
        last_asked_ms=NOW_MS + 7000,
        session_id="s Where?",
        state=OPEN,
        decided_by="",
    )
    assert await listed(unanswered, bot=OTHER) == [("Where?", 1)]
    assert await listed(unanswered, bot="bot_3") == []


async def test_pages_hold_every_question_once(ask: Asking, unanswered: UnansweredStore) -> None:
    for number in range(5):
        for _ in range(1 + number % 2):
            await ask(f"q{number}")
    seen: list[str] = []
    after: tuple[int, int, str] | None = None
    while page := await unanswered.page(BOT, OPEN, after, 2, 0):
        seen += [each.question for each in page]
        after = (page[-1].times, page[-1].last_asked_ms, page[-1].id)
    assert seen == ["q3", "q1", "q4", "q2", "q0"]


async def test_other_wordings_are_few_of_a_question_that_is_asked_all_the_time(
    ask: Asking, unanswered: UnansweredStore
) -> None:
    for number in range(NEWEST + 5):
        await ask("why" + "?" * number)
    (listed,) = await unanswered.page(BOT, OPEN, None, 10, 0)
    question = await unanswered.question(BOT, listed.id, 0)
    assert question is not None
    others = tuple("why" + "?" * (NEWEST + 3 - place) for place in range(MAXIMUM_OTHER_WORDINGS))
    assert (question.times, question.question) == (NEWEST + 5, "why" + "?" * (NEWEST + 4))
    assert question.other_wordings == others
    # Of many, fewer turns are read.
    assert listed == replace(question, other_wordings=others[: NEWEST_OF_MANY - 1])


async def test_what_is_not_ours_stays_out_and_what_has_an_answer_comes_back(
    ask: Asking, unanswered: UnansweredStore
) -> None:
    await ask("Rain?")
    await ask("Price?")
    await ask("Price", bot=OTHER)
    rain = await unanswered.decide(BOT, question_id("rain"), NOT_OURS, "usr_1", 0)
    price = await unanswered.decide(BOT, question_id("price"), ANSWERED, "usr_2", 0)
    assert rain is not None
    assert price is not None
    assert [(each.question, each.state, each.decided_by) for each in (rain, price)] == [
        ("Rain?", NOT_OURS, "usr_1"),
        ("Price?", ANSWERED, "usr_2"),
    ]
    assert await listed(unanswered) == []
    assert await listed(unanswered, bot=OTHER) == [("Price", 1)]
    await ask("Rain?", bot=OTHER)
    assert await listed(unanswered, bot=OTHER) == [("Rain?", 1), ("Price", 1)]
    await ask("rain!")
    await ask("PRICE")
    assert await listed(unanswered) == [("PRICE", 2)]
    assert await listed(unanswered, ANSWERED) == []
    (again,) = await unanswered.page(BOT, NOT_OURS, None, 10, 0)
    assert (again.question, again.times, again.decided_by) == ("rain!", 2, "usr_1")
    (reopened,) = await unanswered.page(BOT, OPEN, None, 10, 0)
    assert reopened.decided_by == ""
    taken_back = await unanswered.decide(BOT, question_id("rain"), OPEN, "usr_1", 0)
    assert taken_back is not None
    assert (taken_back.state, taken_back.decided_by) == (OPEN, "")
    await ask("Rain")
    assert await listed(unanswered) == [("Rain", 3), ("PRICE", 2)]


async def test_nobody_decides_on_anothers_question(ask: Asking, unanswered: UnansweredStore) -> None:
    await ask("Rain?", bot=OTHER)
    for question in (question_id("rain"), "unq_", "", "' OR 1=1 --"):
        assert await unanswered.decide(BOT, question, NOT_OURS, "usr_1", 0) is None
    assert await listed(unanswered, bot=OTHER) == [("Rain?", 1)]


async def test_questions_go_with_their_turns(
    ask: Asking, unanswered: UnansweredStore, turns: TurnStore, sessions: SessionStore, database: Database
) -> None:
    taken = await ask("taken back")
    for session_id in ("s", "t", "u", "v"):
        await ask(f"in {session_id}", session_id)
    await ask("theirs", bot=OTHER)
    await turns.take_back(BOT, "s", taken)
    assert {question for question, _ in await listed(unanswered)} == {"in s", "in t", "in u", "in v"}
    await sessions.delete_session(BOT, "t")
    assert {question for question, _ in await listed(unanswered)} == {"in s", "in u", "in v"}
    since = ask.at - 2000  # when u was asked in; v was later
    assert {question for question, _ in await listed(unanswered, since=since)} == {"in u", "in v"}
    assert await unanswered.decide(BOT, question_id("in s"), ANSWERED, "usr_1", since) is None
    await ask("again", "s", since=since)
    assert {question for question, _ in await listed(unanswered)} == {"again", "in u", "in v"}
    # A session that goes on keeps its questions, however old.
    await ask("later", "v", maker=Maker.PAIR)
    assert await listed(unanswered, since=ask.at) == [("in v", 1)]
    while await sessions.sweep(ask.at):
        pass
    assert await listed(unanswered) == [("in v", 1)]
    await sessions.delete_all(BOT)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM unanswered"))).scalar_one() == 0


async def test_50_at_once_are_all_counted(ask: Asking, unanswered: UnansweredStore) -> None:
    await asyncio.gather(*(ask("Why?", session_id=f"s{number}") for number in range(50)))
    assert await listed(unanswered) == [("Why?", 50)]
