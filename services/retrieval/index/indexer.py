"""Texts into the index: what is indexed of a passage and of a question."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.retrieval.embedders.embedder import Embedder, PassageText, understands
from services.retrieval.index.index import FilledIndex, PassageEntry
from services.retrieval.metrics import EMBEDDING_SECONDS, PASSAGES_INDEXED
from services.retrieval.records import Passage
from services.retrieval.store.languages import LanguageStore
from services.retrieval.text.passages import heading_path, indexed_text
from services.retrieval.text.words import WordEncoder

SLAB = 32
"""Passages that are embedded and written at a time: bounds the memory of a long document."""

Progress = Callable[[int, int], Awaitable[None]]
"""Receives how many passages are in the index, and of how many."""


async def unheard(done: int, of: int) -> None:
    """Progress that is not reported."""


class Indexer(Protocol):
    """Turns passages and questions into entries of one index or several."""

    async def add_passages(
        self, chatbot_id: str, version: str, title: str, passages: Sequence[Passage], progress: Progress = unheard
    ) -> None:
        """Index passages of one version, the first ones first. Raises EmbedderUnavailable."""
        ...

    async def add_question(self, chatbot_id: str, pair_id: str, question: str) -> None:
        """Index the question of a pair; its id is its version. Raises EmbedderUnavailable."""
        ...


class EditionIndexer:
    """The indexer of one edition of the index.

    `embedder` None: words alone, as for passages in languages that it does not understand. `is_makeshift`: the entries
    should have vectors, and say so.
    """

    def __init__(
        self,
        index: FilledIndex,
        encoder: WordEncoder,
        embedder: Embedder | None,
        languages: LanguageStore,
        *,
        is_makeshift: bool = False,
    ) -> None:
        self._index = index
        self._encoder = encoder
        self._embedder = embedder
        self._languages = languages
        self._is_makeshift = is_makeshift

    @property
    def has_vectors(self) -> bool:
        """Whether an embedder is at work; without one, questions are not indexed at all."""
        return self._embedder is not None

    async def add_passages(
        self, chatbot_id: str, version: str, title: str, passages: Sequence[Passage], progress: Progress = unheard
    ) -> None:
        """See Indexer."""
        chosen = await self._languages.of(chatbot_id)
        for start in range(0, len(passages), SLAB):
            await progress(start, len(passages))
            slab = passages[start : start + SLAB]
            await self._index.add_passages(chatbot_id, version, await self._entries(title, slab, chosen.of_words))
            PASSAGES_INDEXED.inc(len(slab))
        if chosen.is_chosen and passages:
            is_beginning = passages[0].place == 0
            await self._languages.note(chatbot_id, version, chosen.of_words, is_beginning=is_beginning)

    async def add_question(self, chatbot_id: str, pair_id: str, question: str) -> None:
        """See Indexer."""
        if self._embedder is not None:
            vector = await self._embedder.embed_query(question)
            await self._index.add_question(chatbot_id, pair_id, pair_id, vector)

    async def _entries(self, title: str, passages: Sequence[Passage], languages: Sequence[str]) -> list[PassageEntry]:
        texts = [indexed_text(title, passage.headings, passage.text) for passage in passages]
        words = [self._encoder.document(text, languages) for text in texts]
        if self._embedder is None or not any(understands(self._embedder, language) for language in languages):
            return [
                PassageEntry(one.id, word, None, None, self._is_makeshift)
                for one, word in zip(passages, words, strict=True)
            ]
        passages_to_embed = [_to_embed(title, one, text) for one, text in zip(passages, texts, strict=True)]
        with EMBEDDING_SECONDS.labels("passages").time():
            vectors = await self._embedder.embed_with_sentences(passages_to_embed)
        return [
            PassageEntry(passage.id, word, vector.whole, vector.sentences)
            for passage, word, vector in zip(passages, words, vectors, strict=True)
        ]


def _to_embed(title: str, passage: Passage, whole: str) -> PassageText:
    sentences = tuple(passage.text[start:end] for start, end in passage.sentences)
    return PassageText(whole, heading_path(title, passage.headings), sentences)
