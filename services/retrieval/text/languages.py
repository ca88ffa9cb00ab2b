"""The language of a chatbot.

What its words are cut and reduced to stems by, and its texts embedded by.
"""

from dataclasses import dataclass

from services.errors import invalid
from services.languages import DEFAULT, NAMES


@dataclass(frozen=True, slots=True)
class ChatbotLanguage:
    """The language that a chatbot is searched in, and the one that it is on its way to, or "".

    `is_chosen`: somebody chose it, as opposed to the default of a chatbot that nobody has chosen one for. `embedder`:
    the name of the one that it is searched with, "" for the main one where that understands the language;
    `next_embedder`: the one that it will be searched with, mostly the same.
    """

    language: str = DEFAULT
    next_language: str = ""
    is_chosen: bool = False
    embedder: str = ""
    next_embedder: str = ""

    @property
    def of_words(self) -> tuple[str, ...]:
        """By which languages words are indexed: both, while one takes the place of the other."""
        return (self.language, self.next_language) if self.next_language else (self.language,)

    @property
    def is_changing(self) -> bool:
        """Whether it is on its way to another language or embedder."""
        return bool(self.next_language) or self.embedder != self.next_embedder

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """Languages and embedders by which texts are embedded.

        Both, while one takes the place of the other.
        """
        present = (self.language, self.embedder)
        return (present, (self.next_language or self.language, self.next_embedder)) if self.is_changing else (present,)


ENGLISH = ChatbotLanguage()
"""Of a chatbot that nobody has chosen one for."""


def checked_language(code: str) -> str:
    """The code of a known language. INVALID_FIELD, with a list of them, for any other."""
    language = code.strip().lower()
    if language not in NAMES:
        known = ", ".join(sorted(NAMES))
        raise invalid(f"language must be the two-letter code of one of these: {known}.")
    return language
