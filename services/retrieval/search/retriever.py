"""Finds passages that answer a question, by words and meaning, in one chatbot."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from services.languages import DEFAULT
from services.observe.spans import span
from services.retrieval.embedders.embedder import (
    Embedder,
    EmbedderPassedOver,
    EmbedderUnavailable,
    Vector,
)
from services.retrieval.embedders.embedders import Embedders
from services.retrieval.embedders.scale import AS_THEY_ARE, Scale
from services.retrieval.index.index import Candidates, Query, SearchedIndex
from services.retrieval.index.schema import space_of
from services.retrieval.records import FoundPassage
from services.retrieval.search.fusion import Fused, fuse, ranked
from services.retrieval.search.question_vectors import QuestionVectors
from services.retrieval.search.results import RankedPassage, ScoredSentence
from services.retrieval.search.sentence_scores import SentenceScorer
from services.retrieval.store.sources import SourceStore
from services.retrieval.text.languages import ENGLISH, ChatbotLanguage
from services.retrieval.text.token_estimate import estimate_tokens
from services.retrieval.text.words import WordEncoder

logger = logging.getLogger(__name__)

DEPTH = 50
"""How many passages each ranking gives as candidates, at least.

A hundred find no more (measured on 1,800 questions, the first hit differs by less than 0.1 points) and take longer.
"""

PER_SOURCE = 3
"""Passages of one page that a result holds at most, so that a long page does not drown the others. Where too few pages
are found, such as in a chatbot of one manual, there are more of each."""

CONTEXT_TOKENS = 200
"""Length of a query with the turns before it: what is beyond an embedder's window would push the query itself out."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query in all the forms in which it is looked for: alone, and with the turns before it.

    `is_makeshift`: it should have vectors that could not be made.
    """

    forms: tuple[Query, ...]
    language: str = DEFAULT
    is_makeshift: bool = False
    scale: Scale = AS_THEY_ARE

    @property
    def vector(self) -> Vector | None:
        """Of the query alone."""
        return self.forms[0].vector


class Retriever:
    """Ranks passages by BM25, by the cosine of the passage and by that of its best sentence.

    See fusion.
    """

    def __init__(
        self,
        index: SearchedIndex,
        encoder: WordEncoder,
        embedders: Embedders,
        sources: SourceStore,
        vectors: QuestionVectors,
    ) -> None:
        self.index = index
        """Its questions are embedded for this index."""
        self._encoder = encoder
        self._embedders = embedders
        self._sources = sources
        self._vectors = vectors
        self._sentences = SentenceScorer(index, encoder)

    async def question(
        self,
        chatbot_id: str,
        query: str,
        previous_turns: Sequence[str],
        chosen: ChatbotLanguage = ENGLISH,
        *,
        limit: int,
        include_sentences: bool,
    ) -> Question:
        """The forms of a query in the chatbot's language; the index looks ahead for `search`.

        They have words alone where no embedder is at work, where it fails, and where it does not understand the
        language: measured over seven languages, vectors of a model for English give 3 points of the first hit
        (French) to what words find, or take up to 11 (Russian), and their cosines do not tell what has no answer.
        """
        language, embedder = chosen.language, self._embedders.at_hand(chosen.language, chosen.embedder)
        texts = list(dict.fromkeys((query, with_turns(query, previous_turns))))
        embedding = asyncio.gather(*(self._vector(embedder, text) for text in texts if embedder is not None))
        # Words are found and looked for while the embedder is at work, on a thread of its own.
        await asyncio.sleep(0)
        words = [self._encoder.query(text, language) for text in texts]
        ahead = self.index.look_ahead(chatbot_id, words, _depth(limit), with_rarity=include_sentences)
        vectors: list[Vector | None]
        _, vectors = await asyncio.gather(ahead, embedding)
        is_makeshift = any(vector is None for vector in vectors) or (embedder is None and bool(chosen.embedder))
        if not vectors or is_makeshift:
            vectors = [None] * len(texts)
        space = space_of(chosen.embedder)
        forms = tuple(Query(word, vector, space) for word, vector in zip(words, vectors, strict=True))
        return Question(forms, language, is_makeshift, AS_THEY_ARE if embedder is None else embedder.scale)

    async def search(
        self, chatbot_id: str, question: Question, limit: int, *, include_sentences: bool
    ) -> list[RankedPassage]:
        """The best passages of the chatbot's enabled sources, best first."""
        with span("search.candidates"):
            candidates = await self.index.candidates(chatbot_id, question.forms, _depth(limit))
        fused, scale = fuse(candidates), question.scale
        scores = fused.score.tolist()
        best_first = {candidates.ids[place]: scores[place] for place in ranked(fused)}
        choosing = self._sources.first(chatbot_id, best_first, limit, per_source=PER_SOURCE)
        if not include_sentences:
            found = await choosing
            return _ranked_passages(found, [()] * len(found), candidates, fused, scale)
        forms = question.forms
        with span("search.sentences"):
            # The tables and the index are asked at the same time.
            found, sought = await asyncio.gather(choosing, self._sentences.sought(chatbot_id, forms))
            sentences = await self._sentences.scored(chatbot_id, forms, found, sought, question.language, scale)
        return _ranked_passages(found, sentences, candidates, fused, scale)

    async def _vector(self, embedder: Embedder, text: str) -> Vector | None:
        try:
            return await self._vectors.of(embedder, text)
        except EmbedderPassedOver:
            # That it is away was told when it was noticed.
            return None
        except EmbedderUnavailable as error:
            logger.warning("Searching by words alone: %s", error)
            return None


def _depth(limit: int) -> int:
    """Of a long page only some passages are taken: there must be more than are wanted."""
    return max(DEPTH, 2 * limit)


def with_turns(query: str, previous_turns: Sequence[str]) -> str:
    """The query after as many of the newest turns as fit, oldest first."""
    if not previous_turns:
        return query
    room = CONTEXT_TOKENS - estimate_tokens(query)
    kept: list[str] = []
    for turn in reversed(previous_turns):
        room -= estimate_tokens(turn)
        if room < 0:
            break
        kept.append(turn)
    return " ".join([*reversed(kept), query])


def _ranked_passages(
    found: Sequence[FoundPassage],
    sentences: Sequence[tuple[ScoredSentence, ...]],
    candidates: Candidates,
    fused: Fused,
    scale: Scale,
) -> list[RankedPassage]:
    places = {passage_id: place for place, passage_id in enumerate(candidates.ids)}
    vector = None if fused.vector is None else scale.read_all(fused.vector)
    sentence = None if fused.sentence is None else scale.read_all(fused.sentence)
    passages = []
    for one, of_one in zip(found, sentences, strict=True):
        place = places[one.passage.id]
        passages.append(
            RankedPassage(
                one,
                fused=float(fused.score[place]),
                lexical=float(fused.lexical[place]),
                vector=None if vector is None else float(vector[place]),
                sentence=None if sentence is None else float(sentence[place]),
                sentences=of_one,
            )
        )
    return passages
