"""Questions that need their conversation, rewritten to stand alone for the search."""

import re
from typing import Protocol

from services.chat.answerers.answerer import PastTurn

# With so few words hardly any question says all that it means.
FEW_WORDS = 3

# Words that point back, and beginnings that go on from something, in a few languages; a model settles the rest.
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|this|that|these|those|he|him|his|she|her|there|then|one|ones|former|latter|same"
    r"|above|previous|first|second|third|last|other|others|another|else|instead|more|again|too|also"
    r"|es|sie|ihn|ihm|ihr|dies\w*|das|dort|davon|dazu|dafür|damit|auch|noch|mehr|erste\w*|zweite\w*|letzte\w*"
    r"|celui|celle|ceux|cela|ça|aussi|encore|plus|premi\w+|eso|esto|ese|esa|también|más|primer\w*)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\s*(?:and|but|or|so|what about|how about|why|und|aber|oder|warum|wieso|et|mais|ou|pourquoi|y|pero|por qué)\b",
    re.IGNORECASE,
)


def needs_history(question: str, history: tuple[PastTurn, ...]) -> bool:
    """Whether a question may need its conversation to be understood."""
    if not history:
        return False
    few = len(question.split()) <= FEW_WORDS
    return few or bool(_GOES_ON.match(question) or _POINTS_BACK.search(question))


class FollowUps(Protocol):
    """Makes questions stand alone."""

    async def stand_alone(self, question: str, history: tuple[PastTurn, ...], chatbot_id: str) -> str | None:
        """The question as it is searched for without its history; None: as it is, with its history."""
        ...
