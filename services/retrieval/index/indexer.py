"""Texts into the index: what is indexed of a passage and of a question."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from services.retrieval.embedders.embedder import Embedder, PassageText, PassageVectors
from services.retrieval.embedders.embedders import MAIN, Embedders
from services.retrieval.index.index import FilledIndex, PassageEntry
from services.retrieval.index.schema import space_of
from services.retrieval.metrics import EMBEDDING_SECONDS, PASSAGES_INDEXED
from services.retrieval.records import Passage
from services.retrieval.store.languages import LanguageStore
from services.retrieval.text.languages import ChatbotLanguage
from services.retrieval.text.passages import heading_path, indexed_text
from services.retrieval.text.words import WordEncoder, WordVector

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

    Without an embedder that understands a language, its passages have words alone. `is_makeshift`: the entries should
    have vectors, and say so.
    """

    def __init__(
        self,
        index: FilledIndex,
        encoder: WordEncoder,
        embedders: Embedders,
        languages: LanguageStore,
        *,
        is_makeshift: bool = False,
    ) -> None:
        self._index = index
        self._encoder = encoder
        self._embedders = embedders
        self._languages = languages
        self._is_makeshift = is_makeshift

    @property
    def has_vectors(self) -> bool:
        """Whether an embedder is at work; without one, questions are not indexed at all."""
        return self._embedders.main is not None

    async def add_passages(
        self, chatbot_id: str, version: str, title: str, passages: Sequence[Passage], progress: Progress = unheard
    ) -> None:
        """See Indexer."""
        chosen = await self._languages.of(chatbot_id)
        embedders = self._at_hand(chosen)
        for start in range(0, len(passages), SLAB):
            await progress(start, len(passages))
            slab = passages[start : start + SLAB]
            await self._index.add_passages(
                chatbot_id, version, await self._entries(title, slab, chosen.of_words, embedders)
            )
            PASSAGES_INDEXED.inc(len(slab))
        if chosen.is_chosen and passages and not self._is_makeshift:
            is_beginning = passages[0].place == 0
            await self._languages.note(chatbot_id, version, chosen.of_words, embedders, is_beginning=is_beginning)

    async def add_question(self, chatbot_id: str, pair_id: str, question: str) -> None:
        """See Indexer."""
        chosen = await self._languages.of(chatbot_id)
        embedders = self._at_hand(chosen)
        if not embedders and self._embedders.main is not None:
            embedders = {MAIN: self._embedders.main}
        if embedders:
            vectors = {space_of(name): await one.embed_query(question) for name, one in embedders.items()}
            await self._index.add_question(chatbot_id, pair_id, pair_id, vectors)
        if chosen.is_chosen and not self._is_makeshift:
            await self._languages.note(chatbot_id, pair_id, chosen.of_words, embedders, is_beginning=True)

    def _at_hand(self, chosen: ChatbotLanguage) -> dict[str, Embedder]:
        """The embedders of a chatbot's texts, by their names."""
        found = {name: self._embedders.at_hand(language, name) for language, name in chosen.ways}
        return {name: one for name, one in found.items() if one is not None}

    async def _entries(
        self,
        title: str,
        passages: Sequence[Passage],
        languages: Sequence[str],
        embedders: Mapping[str, Embedder],
    ) -> list[PassageEntry]:
        texts = [indexed_text(title, passage.headings, passage.text) for passage in passages]
        words = [self._encoder.document(text, languages) for text in texts]
        if not embedders:
            return [
                PassageEntry(one.id, word, None, None, self._is_makeshift)
                for one, word in zip(passages, words, strict=True)
            ]
        passages_to_embed = [_to_embed(title, one, text) for one, text in zip(passages, texts, strict=True)]
        vectors = {}
        for name, one in embedders.items():
            with EMBEDDING_SECONDS.labels("passages").time():
                vectors[name] = await one.embed_with_sentences(passages_to_embed)
        return [
            _entry(passage.id, word, {name: of_all[place] for name, of_all in vectors.items()})
            for place, (passage, word) in enumerate(zip(passages, words, strict=True))
        ]


def _entry(passage_id: str, words: WordVector, vectors: Mapping[str, PassageVectors]) -> PassageEntry:
    main = vectors.get(MAIN)
    further = {space_of(name): one for name, one in vectors.items() if name != MAIN}
    if main is None:
        return PassageEntry(passage_id, words, None, None, further=further)
    return PassageEntry(passage_id, words, main.whole, main.sentences, further=further)


def _to_embed(title: str, passage: Passage, whole: str) -> PassageText:
    sentences = tuple(passage.text[start:end] for start, end in passage.sentences)
    return PassageText(whole, heading_path(title, passage.headings), sentences)
