"""Answers that a language model writes from the passages."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from services.chat.answerers.answerer import Citations, Piece, Question
from services.chat.answerers.model.admission import Admission
from services.chat.answerers.model.answer_text import NOTICES, AnswerText, notice, supporting
from services.chat.answerers.model.chunk import Finish
from services.chat.answerers.model.prompt import Prompt
from services.chat.answerers.model.providers import Providers
from services.chat.answerers.model.request import GATHERING_SECONDS, ModelRequest
from services.chat.trace import Maker

MAXIMUM_ANSWER_CHARACTERS = 100_000
"""Beyond this an answer is cut, whatever the model was asked for: it is held in memory, and sent in one message."""

# Where people read along with so many answers at once that every piece counts.
CROWD, GATHERING_IN_CROWD_SECONDS = 16, 0.1


@dataclass(frozen=True, slots=True)
class Writing:
    """How answers are written where a chatbot wants nothing else.

    `cite_unmarked`: see `ModelAnswerer`.
    """

    maximum_tokens: int = 1024
    temperature: float = 0.0
    cite_unmarked: bool = False


class ModelAnswerer:
    """One call of a model per answer.

    An answer that marks no passage cites nothing; with `cite_unmarked` it cites the best one, if that has its words. An
    answer that ends early says so in its last words.
    """

    def __init__(self, providers: Providers, prompt: Prompt, admission: Admission, writing: Writing) -> None:
        self._providers = providers
        self._prompt = prompt
        self._admission = admission
        self._writing = writing

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        """See Answerer.

        `ModelUnavailable` when no provider began; OVERLOADED when too many answers are written.
        """
        question.trace.maker = Maker.MODEL
        text = AnswerText(question)
        said: list[str] = []
        async with self._admission.place(question.chatbot_id):
            finish = Finish.WHOLE
            async with aclosing(self._providers.stream(self._request(question), question.trace)) as parts:
                left = MAXIMUM_ANSWER_CHARACTERS
                async for part in parts:
                    if isinstance(part, Finish):
                        finish = part
                        continue
                    if piece := text.feed(part[:left]):
                        said.append(piece)
                        yield Piece(piece)
                    left -= len(part)
                    if left < 0:
                        finish = Finish.LENGTH
                        break
        # What was still held back of an answer that was cut would be half a word or half a mark.
        if last := notice(finish, question.language, begun=bool(said)) if finish in NOTICES else text.finish():
            said.append(last)
            yield Piece(last)
        yield Citations(self._cited(question, text, "".join(said)))

    def _request(self, question: Question) -> ModelRequest:
        wishes = question.wishes
        return ModelRequest(
            messages=self._prompt.messages(question),
            fit=partial(self._prompt.messages, question),
            room=self._prompt.budget,
            maximum_tokens=wishes.maximum_tokens or self._writing.maximum_tokens,
            model=wishes.model,
            temperature=self._writing.temperature if wishes.temperature is None else wishes.temperature,
            whole=question.whole,
            gathering=partial(self._gathering, question),
        )

    def _gathering(self, question: Question) -> float:
        is_one_of_many = not question.whole and self._admission.in_flight > CROWD
        return GATHERING_IN_CROWD_SECONDS if is_one_of_many else GATHERING_SECONDS

    def _cited(self, question: Question, text: AnswerText, said: str) -> tuple[int, ...]:
        if text.numbers or not self._writing.cite_unmarked:
            return text.numbers
        best = supporting(said, question.passages)
        return () if best is None else (best,)
