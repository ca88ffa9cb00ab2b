"""Which encoding a text is in that does not say it."""

import codecs
import re
import unicodedata
from collections import Counter
from itertools import pairwise

from chardet import EncodingEra, detect_all

_SAMPLE = 65_536
_ERAS = EncodingEra.MODERN_WEB | EncodingEra.LEGACY_ISO | EncodingEra.LEGACY_MAC | EncodingEra.DOS
# Hardly anybody has files in these; the more encodings may be guessed, the more often a guess is wrong.
_UNLIKELY_NAMES = """
ascii utf-7 hz iso8859-3 iso8859-10 iso8859-14 mac-iceland mac-turkish mac-greek mac-latin2 mac-cyrillic
cp437 cp737 cp775 cp855 cp856 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp869
"""
_UNLIKELY = frozenset(_UNLIKELY_NAMES.split())
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WESTERN = "cp1252"
# How much likelier Windows-1252 is than what the letters say, by the number of bytes that are not ASCII.
_FAVOURS = ((1, 10.0), (2, 2.5), (5, 1.5))
_FAVOUR_OF_MANY = 1.1
# What is guessed from less is as often wrong as right; letters of other scripts tell more.
_LEAST_CONFIDENCE, _LEAST_OF_OTHER_SCRIPTS = 0.02, 0.06
_UNSURE = 0.05
_CAPITALS = 0.7
"""How much less likely a text all in capitals is."""

_WORD = re.compile(r"[^\W\d_]+")
# Signs that stand between letters only where they are letters themselves, in another encoding.
_SIGN_IN_WORD = re.compile(
    r"(?<=[^\W\d_])[\u00a1-\u00b4\u00b6\u00b8\u00b9\u00bb-\u00bf\u00d7\u00f7\u02c6\u02dc\u2020-\u203a\u20ac\u2122"
    r"\u201a-\u201e\u2200-\u25ff](?=[^\W\d_])"
)
# Greek has this letter at the end of words only.
_FINAL_WITHIN = re.compile(r"ς(?=[^\W\d_])")
_FINAL = 5
_LONG_RUN = re.compile(r"[\u00aa-\u024f]{5,}")
_OTHER_SCRIPT = re.compile(r"[\u0250-\u1dff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_MAXIMUM_ODDITY = 0.2
# As they stand in Windows-1252, each by itself: bytes of letters in other encodings follow each other.
_SIGNS = re.compile(r"(?:[\0-\x7f]|(?<![^\0-\x7f])[€‚„…†‡‰‹‘’“”•–—™›¡§©«®°²³´µ·»¼½¾¿±×](?![^\0-\x7f]))*+\Z")
_ANY = re.compile(rb"[\x80-\xff\x1b]")
_BEFORE = 60


def detect_charset(content: bytes) -> str:
    """The codec that a text that is not UTF-8 makes sense in; empty when none can be told.

    Few letters tell little: where Windows-1252 makes sense of a text with only a few, it is that.
    """
    if b"\0" in content:
        return _detect_wide(content)
    sample = _sample_of(content)
    sensible = {codec: likely for codec, likely in _guesses(sample).items() if _is_sensible(sample, codec)}
    for codec in sensible:
        sensible[codec] = max(sensible[codec], _in_small_letters(sample, codec))
    best = max(sensible, key=lambda codec: sensible[codec], default="")
    confidence = sensible.get(best, 0.0)
    if _WESTERN in sensible:
        if _SIGNS.match(sample.decode(_WESTERN, "replace")):
            return _WESTERN
        if sensible[_WESTERN] * _favour(sample, confidence) >= confidence:
            return _WESTERN
    is_other = best and _OTHER_SCRIPT.search(sample.decode(best, "replace"))
    return best if confidence >= (_LEAST_OF_OTHER_SCRIPTS if is_other else _LEAST_CONFIDENCE) else ""


def _guesses(sample: bytes) -> dict[str, float]:
    """Confidence by codec, the best first."""
    guesses = detect_all(sample, True, encoding_era=_ERAS, exclude_encodings=_UNLIKELY, compat_names=False)
    return {guess["encoding"]: guess["confidence"] for guess in guesses if guess["encoding"]}


def _in_small_letters(sample: bytes, codec: str) -> float:
    """The likelihood of a codec for the text in small letters, where it would be in capitals.

    The guesses know capitals at the beginning of words only.
    """
    text = "".join(one for one in sample.decode(codec, "ignore") if not one.isascii())
    if sum(map(str.isupper, text)) <= sum(map(str.islower, text)) * 2:
        return 0
    small = sample.decode(codec, "ignore").lower().encode(codec, "ignore")
    return _guesses(small).get(codec, 0) * _CAPITALS


def _favour(sample: bytes, confidence: float) -> float:
    letters = sum(byte > 0x7F for byte in sample)
    favour = next((favour for most, favour in _FAVOURS if letters <= most), _FAVOUR_OF_MANY)
    return max(favour, 1.5) if confidence < _UNSURE else favour


def makes_sense(content: bytes, codec: str) -> bool:
    """Whether a text is one in the codec that it is said to be in."""
    return _is_sensible(_sample_of(content), codec)


def _sample_of(content: bytes) -> bytes:
    """The lines that hold more than ASCII, from about there on.

    Characters never begin before that.
    """
    sample = bytearray()
    for line in content.splitlines(keepends=True):
        if first := _ANY.search(line):
            sample += line[max(0, first.start() - _BEFORE) :]
        if len(sample) >= _SAMPLE:
            break
    return bytes(sample[:_SAMPLE]) or content[:_SAMPLE]


def _is_sensible(sample: bytes, codec: str) -> bool:
    """Whether a text looks written by people.

    Other codecs give signs within words, capitals at their ends, scripts that mix in one word.
    """
    try:
        # The sample may end within a character.
        text = codecs.getincrementaldecoder(codec)().decode(sample)
    except (UnicodeError, LookupError, ValueError):
        return False
    if any(map(_is_no_text, set(text))):
        return False
    odd = (
        len(_SIGN_IN_WORD.findall(text))
        + _FINAL * len(_FINAL_WITHIN.findall(text))
        + sum(map(len, _LONG_RUN.findall(text)))
    )
    for word in _WORD.findall(text):
        if not word.isascii():
            odd += sum(one.islower() and after.isupper() for one, after in pairwise(word))
            odd += len(_OTHER_SCRIPT.findall(word)) if _LATIN.search(word) else 0
    return odd <= sum(character > "\x7f" for character in text) * _MAXIMUM_ODDITY


def _is_no_text(character: str) -> bool:
    """Whether no text holds a character: a control, or a place that Unicode gives to none."""
    return unicodedata.category(character) in ("Cc", "Cn", "Co") and character not in "\t\n\r\f\v\x1b\x85"


def _detect_wide(content: bytes) -> str:
    """UTF-16 or UTF-32 without a mark; empty for other text.

    No other text has zeros beside its ASCII characters.
    """
    found = {codec: _wideness(content, codec) for codec in _WIDE}
    best = max(found, key=lambda codec: found[codec])
    return best if found[best] else ""


def _wideness(content: bytes, codec: str) -> float:
    try:
        text = content[: 4 * _SAMPLE].decode(codec)
    except UnicodeDecodeError:
        return 0
    ascii_characters = sum(character < "\x80" for character in text)
    if not ascii_characters or any(map(_is_no_text, set(text))):
        return 0
    # Read in the wrong order, the characters of a language are scattered over all of Unicode.
    blocks = Counter(0x4E if 0x4E <= ord(character) >> 8 < 0xD8 else ord(character) >> 8 for character in text)
    together = sum(often for _, often in blocks.most_common(3))
    return together / len(text) if together > len(text) / 2 else 0
