"""What searches and fills one edition of the index."""

from dataclasses import dataclass

from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.search.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Edition:
    """The parts of an edition.

    `makeshift` fills it by words alone where the model of its vectors can't be had.
    """

    retriever: Retriever
    indexer: EditionIndexer
    makeshift: EditionIndexer
