"""The part of a conversation that is remembered: whole turns, the newest first, by tokens."""

from collections.abc import Sequence

from services.chat.answerers.answerer import PastTurn

HISTORY_TOKENS = 2000
# More than the budget could ever hold, so that a long session is not read whole.
HISTORY_TURNS = 50
# What a model gets to reword a follow-up question.
FOLLOW_UP_TURNS = 3
MESSAGE_OVERHEAD_TOKENS = 4  # what a chat format adds to every message
BYTES_PER_TOKEN = 4


def rough_tokens(text: str) -> int:
    """About the number of tokens of a text: one for every four bytes.

    That suits English and errs high elsewhere.
    """
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def within_budget(turns: Sequence[PastTurn], budget: int = HISTORY_TOKENS) -> tuple[PastTurn, ...]:
    """The newest of `turns` that fit in `budget` tokens.

    Oldest first, before and after; no turn is cut.
    """
    kept: list[PastTurn] = []
    for turn in reversed(turns):
        budget -= rough_tokens(turn.question) + rough_tokens(turn.answer) + 2 * MESSAGE_OVERHEAD_TOKENS
        if budget < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))
