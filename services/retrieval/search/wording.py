"""When two questions are worded alike: compared without case, punctuation and spacing."""

import re
import unicodedata

_NO_WORD = re.compile(r"[\W_]+")


def normalised(question: str) -> str:
    """The question as it is compared; never empty for a question that is not blank."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    words = _NO_WORD.sub(" ", folded).strip()
    return words or " ".join(folded.split())
