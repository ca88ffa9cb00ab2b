"""How a chatbot speaks: its instructions, and what it says when it does not know."""

from dataclasses import dataclass

from services.chat.abstention import DEFAULT_THRESHOLD, checked_threshold
from services.chat.answerers.answerer import NO_WISHES, ModelWishes
from services.chat.own_words import FALLBACK
from services.errors import invalid
from services.languages import DEFAULT

MAXIMUM_INSTRUCTIONS_LENGTH = 8000
MAXIMUM_FALLBACK_LENGTH = 2000
MAXIMUM_MODEL_LENGTH = 200
MAXIMUM_TEMPERATURE = 2.0
ANSWER_TOKENS = range(16, 100_001)
DEFAULT_FALLBACK = FALLBACK[DEFAULT]
"""Its words in English stand for those of every language, see own_words.py."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of a chatbot: its texts, its threshold, and what it wants of a model."""

    instructions: str = ""
    fallback: str = DEFAULT_FALLBACK
    abstention_threshold: float = DEFAULT_THRESHOLD
    wishes: ModelWishes = NO_WISHES


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """New values; None leaves what is there.

    An empty fallback brings the default text back; an empty model, temperature -1 and 0 answer tokens bring back what
    the settings say.
    """

    instructions: str | None = None
    fallback: str | None = None
    abstention_threshold: float | None = None
    model: str | None = None
    temperature: float | None = None
    answer_tokens: int | None = None


def checked_change(change: ProfileChange) -> ProfileChange:
    """The change as it is stored.

    INVALID_FIELD for a text that is too long or a number outside of its range.
    """
    return ProfileChange(
        instructions=_text("instructions", change.instructions, MAXIMUM_INSTRUCTIONS_LENGTH),
        fallback=_text("fallback", change.fallback, MAXIMUM_FALLBACK_LENGTH),
        abstention_threshold=checked_threshold(change.abstention_threshold),
        model=_model(change.model),
        temperature=_temperature(change.temperature),
        answer_tokens=_answer_tokens(change.answer_tokens),
    )


def _text(name: str, text: str | None, maximum: int) -> str | None:
    if text is None:
        return None
    if len(text) > maximum:
        raise invalid(f"{name} must be at most {maximum} characters")
    return text.replace("\0", "").strip()


def _model(model: str | None) -> str | None:
    name = _text("model", model, MAXIMUM_MODEL_LENGTH)
    if name and not name.isprintable():
        raise invalid("model must not contain control characters")
    return name


def _temperature(temperature: float | None) -> float | None:
    if temperature is None or temperature == -1 or 0 <= temperature <= MAXIMUM_TEMPERATURE:
        return temperature
    raise invalid("temperature must be a number from 0 to 2, or -1 for that of the settings")


def _answer_tokens(tokens: int | None) -> int | None:
    if tokens not in (None, 0) and tokens not in ANSWER_TOKENS:
        raise invalid("answer_tokens must be a number from 16 to 100000, or 0 for that of the settings")
    return tokens
