"""Chat's rows: conversations with traces of their turns, of which one in ten got no answer."""

import json
from collections.abc import Mapping
from typing import Any

from services.chat.store.tables import SessionRow, TurnRow, UnansweredRow
from services.chat.trace import Maker, Trace, TracedPassage
from services.chat.unanswered import ReviewState, question_id
from services.ids import new_id
from services.trust.principal import Channel
from tests.web.filled.size import Owned, Rows, Size
from tests.web.filled.words import Words

PASSAGES = 8
FIRST_KEY = 1_000_000
UNANSWERED_EVERY = 10
RATED_EVERY = 20
ASKED_AGAIN = 5
"""How often an unanswered question was asked, give or take."""


def chat_rows(owned: Owned, size: Size, words: Words) -> Rows:
    """Of one chatbot, in parts of a thousand conversations."""
    of_session = size.turns_of_session
    sessions = size.turns // of_session
    unanswered = [words.some(30) for _ in range(max(1, size.turns // UNANSWERED_EVERY // ASKED_AGAIN))]
    trace = _trace(words)
    for start in range(0, sessions, 1_000):
        part = range(start, min(start + 1_000, sessions))
        turns = [
            _turn(owned, size, session, position, words) | {"trace": trace}
            for session in part
            for position in range(1, of_session + 1)
        ]
        fallback = turns[::UNANSWERED_EVERY]
        for turn in fallback:
            turn["question"] = words.chance.choice(unanswered)
        yield (
            SessionRow.__table__,
            [
                _session(owned, session, turns[place * of_session : (place + 1) * of_session])
                for place, session in enumerate(part)
            ],
        )
        yield TurnRow.__table__, turns
        yield UnansweredRow.__table__, [_unanswered(owned, turn) for turn in fallback]


def _session(owned: Owned, session: int, turns: list[dict[str, Any]]) -> Mapping[str, Any]:
    times = {"created_ms": turns[0]["completed_ms"], "last_used_ms": turns[-1]["completed_ms"]}
    channel = (None, Channel.WIDGET, Channel.PLAYGROUND)[session % 3]
    told = {"turns": len(turns), "channel": channel, "first_question": turns[0]["question"]}
    prefix = "ply" if channel == Channel.PLAYGROUND else "ses"
    return {"key": FIRST_KEY + session, "chatbot_id": owned.chatbot_id, "id": new_id(prefix)} | times | told


def _turn(owned: Owned, size: Size, session: int, position: int, words: Words) -> dict[str, Any]:
    place = session * size.turns_of_session + position - 1
    urls = [f"https://help.example.com/{words.some(1)}/{number}" for number in range(3)]
    return {
        "session_key": FIRST_KEY + session,
        "position": position,
        "question": words.some(10),
        "answer": words.some(40),
        "source_urls": json.dumps(urls),
        "request_id": new_id("req"),
        "completed_ms": owned.when(place, size.turns),
        "broken_off": False,
        "rating": "down" if place % RATED_EVERY == 0 else None,
    }


def _unanswered(owned: Owned, turn: Mapping[str, Any]) -> Mapping[str, Any]:
    decided = {"state": ReviewState.OPEN, "decided_by": None, "asked_ms": turn["completed_ms"]}
    wording = {"chatbot_id": owned.chatbot_id, "wording": question_id(turn["question"])}
    return {"session_key": turn["session_key"], "position": turn["position"]} | wording | decided


def _trace(words: Words) -> str:
    """As long as that of a usual answer."""
    trace = Trace(searched_for=words.some(10), maker=Maker.EXTRACTIVE, closeness=0.61, threshold=0.4, credits_used=1)
    for place in range(PASSAGES):
        named = {"passage_id": new_id("psg"), "source_id": new_id("src"), "title": words.some(5)}
        url = f"https://help.example.com/{words.some(3).replace(' ', '-')}"
        scores = {"fused": 0.9, "lexical": 12.5, "vector": 0.61, "sentence": 0.72}
        excerpt = words.some(60)[:200]
        trace.passages.append(TracedPassage(**named, url=url, excerpt=excerpt, **scores, told=True, cited=place < 2))
    trace.found_ms, trace.first_token_ms, trace.total_ms = 12, 18, 21
    return trace.as_json()
