"""The words of a text, and how many there are."""

import re

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORDS = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+")
_UNSPACED_CHARACTER = re.compile(rf"[{_UNSPACED}]")


def words_of(text: str) -> list[str]:
    """The words in order, without case.

    Where no spaces part them, every two neighbouring characters are one.
    """
    folded = text.casefold()
    runs: list[str] = _WORDS.findall(folded)
    if folded.isascii() or not _UNSPACED_CHARACTER.search(folded):
        return runs
    words: list[str] = []
    for run in runs:
        if _UNSPACED_CHARACTER.match(run) and len(run) > 1:
            words += (run[place : place + 2] for place in range(len(run) - 1))
        else:
            words.append(run)
    return words


def count_words(text: str) -> int:
    """About how many words there are.

    What spaces part, and one for every two characters where none do.
    """
    unspaced = 0 if text.isascii() else len(_UNSPACED_CHARACTER.findall(text))
    return len(text.split()) + unspaced // 2
