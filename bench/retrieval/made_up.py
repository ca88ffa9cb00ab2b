"""Passages without end: words of the built-in model's vocabulary, and random vectors.

The real model would take hours for so many. For the cost of a search it does not matter what a vector means; that those
of a question and of the passages with its words have nothing to do with each other makes it the dearest case: the two
rankings share no candidate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from services.config.settings import load_settings
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.ids import new_id
from services.retrieval.build import SERVICE
from services.retrieval.embedders.minilm.manifest import default_model_dir, read_manifest
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.choose import open_index
from services.retrieval.index.index import Index, PassageEntry
from services.retrieval.index.schema import Fingerprint
from services.retrieval.records import Passage, Source
from services.retrieval.store.sources import SourceStore

SENTENCES = 5
WORDS_OF_SENTENCE = 18
PASSAGES_OF_PAGE = 5
"""Few: of one page a search gives three at most, and fifty are to be found in a hundred passages."""

WORDS_OF_QUESTION = 8


@dataclass(frozen=True)
class Vocabulary:
    """Words, the frequent ones first, and how likely each is."""

    words: tuple[str, ...]
    shares: NDArray[np.float64]

    @classmethod
    def of_model(cls) -> "Vocabulary":
        """Whole words that the built-in model knows; it numbers them by how frequent they are."""
        folder = default_model_dir()
        tokenizer = Tokenizer.from_file(str(folder / read_manifest(folder).files["tokenizer"]))
        numbered = sorted(tokenizer.get_vocab().items(), key=lambda pair: pair[1])
        words = tuple(word for word, _ in numbered if word.isascii() and word.isalpha() and len(word) > 2)
        shares = 1.0 / (np.arange(len(words)) + 3.0)
        return cls(words, shares / shares.sum())

    def pick(self, chance: np.random.Generator, number: int) -> list[str]:
        """So many words."""
        return [self.words[place] for place in chance.choice(len(self.words), number, p=self.shares)]


@dataclass(frozen=True)
class Made:
    """A home that is full, and questions: a chatbot and words that one of its passages has."""

    chatbots: int
    questions: tuple[tuple[str, str], ...]


async def fill(home: Path, passages: int, chatbots: int, questions: int) -> Made:
    """Write so many passages into tables and index under `home`, evenly for each chatbot."""
    vocabulary, chance, encoder = Vocabulary.of_model(), np.random.default_rng(1), Bm25Encoder()
    made_for = read_manifest(default_model_dir())
    settings = load_settings({"CHATMOUNT_HOME": str(home)})
    database = open_database(settings, SERVICE)
    await migrate_patiently(database)
    editions = await open_index(settings, Fingerprint(made_for.name, made_for.dimension))
    store, index = SourceStore(database), editions.wanted
    asked: list[tuple[str, str]] = []
    asked_of_page = -(-questions * PASSAGES_OF_PAGE // passages)
    for chatbot in [new_id("bot") for _ in range(chatbots)]:
        for page in _pages(vocabulary, chance, passages // chatbots):
            await _add(index, store, encoder, chance, chatbot, page, made_for.dimension)
            content = [word for word in page[0].text.replace(".", "").split() if len(word) > 4]
            asked += [(chatbot, " ".join(chance.choice(content, WORDS_OF_QUESTION))) for _ in range(asked_of_page)]
    await editions.close()
    await database.close()
    chosen = chance.permutation(len(asked))[:questions]
    return Made(chatbots, tuple(asked[place] for place in chosen))


def _pages(vocabulary: Vocabulary, chance: np.random.Generator, passages: int) -> Iterator[list[Passage]]:
    for start in range(0, passages, PASSAGES_OF_PAGE):
        yield [_passage(vocabulary, chance, place) for place in range(min(PASSAGES_OF_PAGE, passages - start))]


def _passage(vocabulary: Vocabulary, chance: np.random.Generator, place: int) -> Passage:
    words = vocabulary.pick(chance, SENTENCES * WORDS_OF_SENTENCE)
    text, spans = "", []
    for start in range(0, len(words), WORDS_OF_SENTENCE):
        begin = len(text)
        text += " ".join(words[start : start + WORDS_OF_SENTENCE]) + ". "
        spans.append((begin, len(text) - 1))
    return Passage(new_id("psg"), place, ("Heading",), text.rstrip(), tuple(spans))


async def _add(
    index: Index,
    store: SourceStore,
    encoder: Bm25Encoder,
    chance: np.random.Generator,
    chatbot: str,
    page: list[Passage],
    dimension: int,
) -> None:
    version = new_id("ver")
    rows = chance.standard_normal((len(page), SENTENCES + 1, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=2, keepdims=True)
    entries = [
        PassageEntry(one.id, encoder.document(one.text), vectors[0], vectors[1:])
        for one, vectors in zip(page, rows, strict=True)
    ]
    await index.add_passages(chatbot, version, entries)
    source = Source(
        id=new_id("src"),
        chatbot_id=chatbot,
        url=f"https://example.com/{version}",
        title="A page",
        version=version,
        digest="",
        enabled=True,
        passages=len(page),
        size_bytes=sum(len(one.text) for one in page),
        created_ms=0,
        updated_ms=0,
    )
    await store.put(source, page, 0)
