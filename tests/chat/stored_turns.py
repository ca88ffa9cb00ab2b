"""Turns of made-up conversations, as the store gets and gives them."""

from services.chat.sessions import Turn
from services.chat.store.sessions import SessionStore

NOW_MS = 1_800_000_000_000
BOT, OTHER = "bot_1", "bot_2"


def turn(question: str = "q", at: int = NOW_MS, **fields: object) -> Turn:
    values: dict[str, object] = {
        "answer": f"answer to {question}",
        "source_urls": ("https://a.example",),
        "request_id": "r",
    }
    return Turn(question=question, completed_ms=at, **(values | fields))  # type: ignore[arg-type]


async def questions(sessions: SessionStore, session_id: str, bot: str = BOT, since: int = 0) -> list[str]:
    found = await sessions.session(bot, session_id, since, 0, 1000)
    return [] if found is None else [each.question for each in found[1]]
