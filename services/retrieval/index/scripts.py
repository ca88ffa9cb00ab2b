"""Text made ready for being cut into words.

One form for each letter, and each script in the way that parts it best.
"""

import re
import unicodedata

_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
_UNSPACED_RUNS = re.compile(f"[{_UNSPACED}]+")
# Endings that stemmers know by their accents alone, as they look without.
_ACCENTED_ENDINGS = {
    "es": ((re.compile(r"cion\b", re.IGNORECASE), "ción"),),
    "pt": (
        (re.compile(r"cao\b", re.IGNORECASE), "ção"),
        (re.compile(r"coes\b", re.IGNORECASE), "ções"),
    ),
}
ACCENTED = frozenset(_ACCENTED_ENDINGS)
"""Languages of `folded`."""

_HANGUL_RUNS = re.compile(r"[\uac00-\ud7a3]{3,}")


def in_words(text: str) -> tuple[str, str]:
    """The text in scripts that part words by spaces, and the rest, run by run.

    The rest is Chinese, Japanese, Thai and the like. Full-width and half-width letters, ligatures and the like become
    plain ones (NFKC). The rest stands alone because who cuts it by dictionary drops numbers.
    """
    if text.isascii():
        return text, ""
    # Lone surrogates, which JSON can carry, have no UTF-8 form.
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8"))
    text = _HANGUL_RUNS.sub(_pairs, text)
    runs = _UNSPACED_RUNS.findall(text)
    return (_UNSPACED_RUNS.sub(" ", text), " ".join(runs)) if runs else (text, "")


def _pairs(run: re.Match[str]) -> str:
    """Pairs of syllables, which find a Korean word under any ending."""
    syllables = run[0]
    return " ".join(syllables[place : place + 2] for place in range(len(syllables) - 1))


def folded(text: str, language: str) -> str:
    """The text without accents, but for those that the language's stemmer needs, typed or not.

    Folded plainly, `cancelación` and `cancelaciones` would be two words.
    """
    text = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    for ending, accented in _ACCENTED_ENDINGS[language]:
        text = ending.sub(accented, text)
    return text
