"""The language of a chatbot: what its words are cut and reduced to stems by."""

from dataclasses import dataclass

from services.errors import invalid
from services.languages import DEFAULT, NAMES


@dataclass(frozen=True, slots=True)
class ChatbotLanguage:
    """The language that a chatbot is searched in, and the one that it is on its way to, or "".

    `is_chosen`: somebody chose it, as opposed to the default of a chatbot that nobody has chosen one for.
    """

    language: str = DEFAULT
    next_language: str = ""
    is_chosen: bool = False

    @property
    def of_words(self) -> tuple[str, ...]:
        """By which languages words are indexed: both, while one takes the place of the other."""
        return (self.language, self.next_language) if self.next_language else (self.language,)


def checked_language(code: str) -> str:
    """The code of a known language. INVALID_FIELD, with a list of them, for any other."""
    language = code.strip().lower()
    if language not in NAMES:
        known = ", ".join(sorted(NAMES))
        raise invalid(f"language must be the two-letter code of one of these: {known}.")
    return language
