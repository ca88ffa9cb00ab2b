"""Answers from the sources' own sentences, or by a script for as long as there is one."""

from collections.abc import AsyncGenerator

from services.chat.answerers.answerer import Answerer, Citations, Piece, Question
from services.chat.answerers.extractive.extractive import ExtractiveAnswerer
from tests.chat.scripted_neighbours import ScriptedAnswerer


class ChoosingAnswerer:
    def __init__(self) -> None:
        self.scripted: ScriptedAnswerer | None = None
        self._extractive: Answerer = ExtractiveAnswerer()

    def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        return (self.scripted or self._extractive).answer(question)
