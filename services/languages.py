"""The languages that chatbots can have."""

DEFAULT = "en"
"""Of a chatbot that was never given one."""

STEMMED = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""By two-letter code (ISO 639-1), languages whose words have endings: English name, as Snowball calls them."""

CUT = {"ja": "japanese", "ko": "korean", "th": "thai", "zh": "chinese"}
"""Languages whose words are not parted by spaces, or only roughly."""

NAMES = STEMMED | CUT
