"""Answers in the sources' own words while no model can be reached."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.chat.answerers.answerer import Answerer, Citations, Piece, Question
from services.chat.answerers.model.failures import ModelUnavailable

logger = logging.getLogger("chatmount.model")


class InPlaceOfModel:
    """`other` answers what `model` did not begin to answer because no provider did.

    What broke off stays broken.
    """

    def __init__(self, model: Answerer, other: Answerer) -> None:
        self._model = model
        self._other = other

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        """See Answerer."""
        try:
            async with aclosing(self._model.answer(question)) as parts:
                async for part in parts:
                    yield part
            return
        except ModelUnavailable:
            logger.warning("no model answers: the sources' own sentences do")
        async with aclosing(self._other.answer(question)) as parts:
            async for part in parts:
                yield part
