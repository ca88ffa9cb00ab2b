"""The answerer that the settings ask for, and what rewrites follow-up questions for it."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.chat.answerers.answerer import Answerer
from services.chat.answerers.extractive.extractive import ExtractiveAnswerer
from services.chat.answerers.follow_ups import FollowUps
from services.config.model_settings import ModelSettings

logger = logging.getLogger("chatmount.model")


async def _nothing() -> None:
    """An answerer without connections has none to close."""


@dataclass(frozen=True, slots=True)
class Answers:
    """All that answers are made with. `close` is awaited when no more are asked for."""

    answerer: Answerer
    follow_ups: FollowUps | None = None
    close: Callable[[], Awaitable[None]] = _nothing
    written_by: str = ""
    """For the log. Empty: by no model."""

    def announce(self) -> None:
        """Tells the log who writes the answers."""
        if self.written_by:
            logger.info("answers are written by %s", self.written_by)


def choose_answers(settings: ModelSettings) -> Answers:
    """A model's answers where one is configured, else extractive ones.

    SettingsError for a file that is no tokenizer. Connects to nothing yet.
    """
    if not settings.endpoints:
        return Answers(ExtractiveAnswerer())
    # With an HTTP client, it takes a fifth of the start, which is saved where there is no model.
    from services.chat.answerers.model.choose import model_answers

    return model_answers(settings)
