"""Whether a question is asked in its chatbot's language."""

import re

_OWN_WORDS = {
    language: re.compile(words if language == "ja" else rf"\b(?:{words})\b", re.IGNORECASE)
    for language, words in {
        "de": "der|das|dem|den|ein|eine[mnrs]?|ist|sind|ich|mein(?:e[mnrs]?)?|wie|wer|wo|wann|warum|welche[mnrs]?|"
        "womit|und|oder|mit|von|vom|auf|aus|nach|für|zu[mr]?|beim|nicht|gibt|kann|darf|muss|wird|werden|wir|ihr|sie",
        "es": "el|los|las|una|mi|mis|c[oó]mo|qu[eé]|cu[aá]l(?:es)?|cu[aá]nt[oa]s?|cu[aá]ndo|d[oó]nde|con|para|hay|"
        "puedo|puede|tengo|tienen?|del|est[aá]n?",
        "fr": "le|les|une|du|aux?|est|sont|je|mon|mes|votre|vos|comment|quel(?:le)?s?|o[uù]|combien|quand|pourquoi|"
        "dans|sur|avec|pour|faut|peut|[cdlnqs]u?['’]",
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
