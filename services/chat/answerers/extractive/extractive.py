"""Answers made of sentences that stand in the passages, without a model or a network."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from services.chat.answerers.answerer import Citations, Piece, Question
from services.chat.answerers.extractive.candidates import SECOND_SHARE, Candidate, behind, between, chosen, of_the_case
from services.chat.answerers.extractive.conditions import fits, quantities
from services.chat.answerers.extractive.excerpt import alone, excerpt, joined, rendered
from services.chat.answerers.extractive.layout import Unit, UnitKind, announces, begins_sentence, ends_sentence, lay_out
from services.chat.answerers.extractive.list_rest import rest_of_list
from services.chat.answerers.extractive.question_type import QuestionType, question_type
from services.chat.answerers.extractive.subjects import ChosenSentence, asks_for_a_name, refers_back, with_subjects
from services.chat.answerers.pieces import in_pieces
from services.chat.passages import Passage
from services.chat.trace import Maker
from services.contract import MAXIMUM_SOURCES
from services.languages import CUT, DEFAULT

SENTENCES = 2
PRIOR_WEIGHT = 0.6
TYPE_WEIGHT = 0.3
UNFINISHED_PENALTY = {UnitKind.PROSE: 0.3, UnitKind.ITEM: 0.15}
"""Of what does not end as a sentence: items of lists often don't, prose that doesn't is a row of links or labels."""
UNBEGUN_PENALTY = 0.15
LEANING_WEIGHT = 0.2
"""What "It", "He" or "Such" at a sentence's beginning stands for was named in the sentence before, and with it, often,
what the question names. Such words are known in English; elsewhere a sentence without any word of the question leans on
the one before. If all did, two to three in a hundred more questions on encyclopaedia pages would miss their answer."""
WORDS_WEIGHT = 0.7
"""Of the share of words beside a cosine, in other languages than English: there, sentences that answer have fewer of
the question's words."""
SHARES, OTHER_SHARES, CUT_SHARES = (SECOND_SHARE,), (0.5,), (0.5, 0.8)
"""Of the best score, what further sentences have: in English, in other languages, and where no spaces part words, where
sentences are shorter and a third is said."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of an answer, "" for none, and the numbers of its passages, the best first."""

    text: str
    passages: tuple[int, ...]


class ExtractiveAnswerer:
    """The two sentences that answer best, in reading order, with their commands or lists."""

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        """Pieces are words. Says nothing when no passage has a sentence that can stand alone."""
        question.trace.maker = Maker.EXTRACTIVE
        question.trace.given(len(question.passages))
        extract = extracted(question)
        if not extract.text:
            return
        for piece in [Piece(extract.text)] if question.whole else in_pieces(extract.text):
            yield piece
        yield Citations(extract.passages)


def extracted(question: Question, sentences: int = SENTENCES) -> Extract:
    """The best of what can be said, `sentences` at most (1 or 2).

    Two come with what little stands between them, and with what follows one of them and is nearly as good.
    """
    asks, kind = asks_for_a_name(question.text), question_type(question.text)
    found = _candidates(question, kind)
    best = chosen(found, _shares(question.language), with_subject=asks)
    best = best if sentences == SENTENCES else best[:sentences]
    said_too = between(best, found)
    if sentences == SENTENCES:
        said_too += behind([*best, *said_too], found)
    in_order = sorted([*best, *said_too], key=lambda candidate: (candidate.part.passage, candidate.part.start))
    said = [ChosenSentence(candidate.text, candidate.part, candidate.opens) for candidate in in_order]
    texts = with_subjects(said, question, is_name_asked=asks)
    cited = [candidate.part.passage for candidate in best]
    for place, candidate in enumerate(in_order):
        if kind.asks_for_several and candidate.part.kind is UnitKind.BLOCK:
            rest = rest_of_list(candidate.part, question.passages)
            further = [rendered(question.passages[one.passage - 1].text, one) for one in rest]
            texts[place] = "\n".join([texts[place], *further])
            cited += [one.passage for one in rest]
    text = joined([(one, candidate.part) for one, candidate in zip(texts, in_order, strict=True)])
    return Extract(text, tuple(cited))


def _shares(language: str) -> Sequence[float]:
    return SHARES if language == DEFAULT else CUT_SHARES if language in CUT else OTHER_SHARES


def _candidates(question: Question, kind: QuestionType) -> list[Candidate]:
    """Sentences that could be said, best first.

    Only where nothing can stand alone, headings and the like count too.
    """
    asked = quantities(question.text)
    sayable: list[Candidate] = []
    others: list[Candidate] = []
    for number, passage, prior in _from_few_sources(question.passages):
        units = lay_out(passage.text, [sentence.text for sentence in passage.sentences])
        closeness = _closeness(passage, units, question.language)
        for index, unit in enumerate(units):
            part = excerpt(number, passage.text, units, index, question.text, kind)
            shown = part or alone(number, unit)
            text = rendered(passage.text, shown)
            opens = index == 0 or units[index - 1].block != unit.block
            leaning = 0.0
            goes_on = not opens and units[index - 1].kind is unit.kind is UnitKind.PROSE
            if goes_on and (
                refers_back(text) or (question.language != DEFAULT and not passage.sentences[unit.sentence].lexical)
            ):
                leaning = LEANING_WEIGHT * max(0.0, closeness[index - 1])
            form = _form(text, shown.kind, kind, question.language)
            score = prior + (closeness[index] + leaning) + form
            fitting = fits(text, asked) if asked else 0
            is_sayable = part is not None and not kind.is_echo(text)
            (sayable if is_sayable else others).append(
                Candidate(score, leaning, index, unit.block, opens, shown, text, fitting)
            )
    found = of_the_case(sayable or others) if asked else sayable or others
    # Equal scores: the better passage, then the earlier sentence.
    found.sort(key=attrgetter("part.passage", "part.start"))
    found.sort(key=attrgetter("score"), reverse=True)
    return found


def _from_few_sources(passages: Sequence[Passage]) -> list[tuple[int, Passage, float]]:
    """Passages of the best sources: number, passage, and what speaks for its sentences."""
    urls = list(dict.fromkeys([passage.source.url for passage in passages]))[:MAXIMUM_SOURCES]
    fused = [passage.fused for passage in passages]
    least, spread = min(fused, default=0.0), max(fused, default=0.0) - min(fused, default=0.0)
    return [
        (number, passage, PRIOR_WEIGHT * ((passage.fused - least) / spread if spread > 0 else 1.0))
        for number, passage in enumerate(passages, 1)
        if passage.source.url in urls
    ]


def _closeness(passage: Passage, units: Sequence[Unit], language: str) -> list[float]:
    """How close each unit is to the question.

    The answer to a question in the page is as close as that question.
    """
    weight = 1.0 if language == DEFAULT else WORDS_WEIGHT
    own = [one.lexical if one.vector is None else weight * one.lexical + one.vector for one in passage.sentences]
    closeness = [own[unit.sentence] for unit in units]
    for index in range(1, len(units)):
        if units[index - 1].kind is UnitKind.QUESTION:
            closeness[index] = max(own[units[index].sentence], own[units[index - 1].sentence])
    return closeness


def _form(text: str, form: UnitKind, kind: QuestionType, language: str) -> float:
    """What speaks for a sentence, or against it, apart from its being close.

    In other languages than English, one that announces an example which is not there is whole without it.
    """
    is_whole = form is UnitKind.BLOCK and (kind.is_how_to or kind.asks_for_several)
    answers = is_whole or (not kind.is_how_to and kind.is_answered_in(text))
    explains = form in (UnitKind.PROSE, UnitKind.ITEM) and kind.is_term_of(text)
    score = TYPE_WEIGHT if answers or explains or kind.is_defined_in(text) else 0.0
    if not explains and form in UNFINISHED_PENALTY:
        is_finished = ends_sentence(text) is not None or (language != DEFAULT and announces(text))
        score -= UNFINISHED_PENALTY[form] * (not is_finished) + UNBEGUN_PENALTY * (not begins_sentence(text))
    return score
