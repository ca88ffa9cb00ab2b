"""How close each sentence of a passage is to the question: what an extractive answer chooses by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.retrieval.embedders.embedder import Vector
from services.retrieval.embedders.scale import AS_THEY_ARE, Scale
from services.retrieval.index.index import Query, SearchedIndex
from services.retrieval.records import Passage
from services.retrieval.search.results import RankedPassage, ScoredSentence
from services.retrieval.search.sentence_memory import KnownSentences, SentenceMemory, remembered
from services.retrieval.text.languages import DEFAULT
from services.retrieval.text.passages import heading_path
from services.retrieval.text.words import WordEncoder


@dataclass(frozen=True, slots=True)
class Sought:
    """The words of one wording of the question, how rare each is, and the sum of that."""

    rarities: tuple[tuple[int, float], ...]
    whole: float

    @classmethod
    def of(cls, form: Query, rarity: Mapping[int, float]) -> "Sought":
        """Those of a form of the question."""
        words = form.words.words
        return cls(tuple((word, rarity[word]) for word in words), sum(rarity[word] for word in words))


class SentenceScorer:
    """Scores sentences by the vectors that the index holds and the words they have."""

    def __init__(self, index: SearchedIndex, encoder: WordEncoder) -> None:
        self._index = index
        self._encoder = encoder
        self._memory = SentenceMemory()

    async def sought(self, chatbot_id: str, forms: Sequence[Query]) -> list[Sought]:
        """What is looked for in sentences; it does not depend on the passages."""
        words = sorted({word for form in forms for word in form.words.words})
        rarity = dict(zip(words, await self._index.rarity(chatbot_id, words), strict=True))
        return [Sought.of(form, rarity) for form in forms]

    async def scored(
        self,
        chatbot_id: str,
        forms: Sequence[Query],
        passages: Sequence[RankedPassage],
        sought: Sequence[Sought],
        language: str = DEFAULT,
        scale: Scale = AS_THEY_ARE,
    ) -> list[RankedPassage]:
        """The passages with their sentences. `sought`: see there, for the same forms."""
        if not passages:
            return []
        vector = _mean_vector(forms)
        whole = [one.found.passage for one in passages]
        known = await self._known(chatbot_id, whole, language, with_vectors=vector is not None)
        return [
            self._with_sentences(ranked, sentences, vector, sought, language, scale)
            for ranked, sentences in zip(passages, known, strict=True)
        ]

    def _with_sentences(
        self,
        ranked: RankedPassage,
        known: KnownSentences,
        vector: Vector | None,
        sought: Sequence[Sought],
        language: str,
        scale: Scale,
    ) -> RankedPassage:
        passage = ranked.found.passage
        texts = [passage.text[start:end] for start, end in passage.sentences]
        cosines: Sequence[float | None] = [None] * len(texts)
        # Without a vector for every sentence, which one belongs to which can't be told.
        if vector is not None and known.vectors is not None and len(known.vectors) == len(texts):
            cosines = [scale.read(one) for one in (known.vectors.astype(np.float32) @ vector).tolist()]
        present: Sequence[frozenset[int]] = known.words
        if known.vectors is None or vector is None:
            # A vector tells what stands in the path as well. Measured without vectors: 2 to 20 points more of the
            # questions that have an answer are told from others.
            path = self._encoder.words(heading_path(ranked.found.title, passage.headings), language)
            present = [words | path for words in known.words]
        shares = [_share(words, sought) for words in present]
        sentences = tuple(ScoredSentence(*one) for one in zip(texts, cosines, shares, strict=True))
        return replace(ranked, sentences=sentences)

    async def _known(
        self, chatbot_id: str, passages: Sequence[Passage], language: str, *, with_vectors: bool
    ) -> list[KnownSentences]:
        known = {passage.id: self._memory.get(_key(passage, language)) for passage in passages}
        wanting = [one for one in passages if _is_wanting(known[one.id], with_vectors=with_vectors)]
        if wanting:
            ids = [passage.id for passage in wanting]
            rows = await self._index.sentences(chatbot_id, ids) if with_vectors else {}
            for passage in wanting:
                texts = [passage.text[start:end] for start, end in passage.sentences]
                words = tuple(self._encoder.words(text, language) for text in texts)
                fresh = remembered(words, rows.get(passage.id))
                known[passage.id] = fresh
                # A passage that is just being written may get its vectors yet.
                if fresh.vectors is not None or not with_vectors:
                    self._memory.put(_key(passage, language), fresh)
        return [sentences for passage in passages if (sentences := known[passage.id]) is not None]


def _key(passage: Passage, language: str) -> str:
    """The same sentences have other words in another language."""
    return f"{passage.id} {language}"


def _is_wanting(known: KnownSentences | None, *, with_vectors: bool) -> bool:
    return known is None or (with_vectors and known.vectors is None)


def _share(present: frozenset[int], sought: Sequence[Sought]) -> float:
    shares = [
        sum([rarity for word, rarity in one.rarities if word in present]) / one.whole for one in sought if one.whole > 0
    ]
    return sum(shares) / len(shares) if shares else 0.0


def _mean_vector(forms: Sequence[Query]) -> Vector | None:
    """The product with it is the mean of the cosines to all forms; None where a form has no vector."""
    vectors = [form.vector for form in forms if form.vector is not None]
    return np.asarray(np.mean(vectors, axis=0), np.float32) if vectors and len(vectors) == len(forms) else None
