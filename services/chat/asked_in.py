"""Whether a question is asked in its chatbot's language."""

import re

_OWN_WORDS = {
    language: re.compile(words if language == "ja" else rf"\b(?:{words})\b", re.IGNORECASE)
    for language, words in {
        "de": "der|das|dem|den|ein|eine[mnrs]?|ist|sind|ich|mein(?:e[mnrs]?)?|wie|wer|wo|wann|warum|welche[mnrs]?|"
        "womit|und|mit|von|auf|für|nicht|gibt|kann|muss",
        "es": "el|los|las|una|mi|mis|c[oó]mo|qu[eé]|cu[aá]l(?:es)?|cu[aá]nt[oa]s?|cu[aá]ndo|d[oó]nde|con|para|hay|"
        "puedo|tengo",
        "fr": "le|les|une|du|est|sont|je|mon|mes|quel(?:le)?s?|o[uù]|combien|quand|pourquoi|dans|avec|pour|faut|peut",
        "ja": "[\u3040-\u30ff]",
    }.items()
}
"""Words that stand in most questions of a language and in few of others; of Japanese, its own letters."""


def is_asked_in(question: str, language: str) -> bool:
    """Whether a question is surely in a language; never in one whose words are not known here.

    A question in another language than the pages shares no words with them, and may be close in meaning all the same.
    """
    words = _OWN_WORDS.get(language)
    return words is not None and words.search(question) is not None
