"""How long a text is for a model, without the model's tokenizer."""

import re
from collections.abc import Callable

TokenCount = Callable[[str], float]
"""The length of a text in tokens; the count of a joined text is at most the sum of its parts' counts."""

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")

_TOKENS_PER_WORD = 1.3
_CHARACTERS_PER_TOKEN = 4.5


def estimate_tokens(text: str) -> float:
    """About how many word pieces a text has: 1.3 a word, more for long ones, 1 per CJK sign."""
    wide = _WIDE.findall(text)
    rest = _WIDE.sub(" ", text) if wide else text
    return len(wide) + sum(max(_TOKENS_PER_WORD, len(word) / _CHARACTERS_PER_TOKEN) for word in rest.split())
