"""Two models, and which of their indexes serves."""

from pathlib import Path

from services.retrieval.index.edge.editions import SERVING_FILE
from services.retrieval.index.schema import Fingerprint
from tests.retrieval.word_embedder import WordEmbedder


def other_embedder() -> WordEmbedder:
    """Another model than that of `WordEmbedder()`."""
    return WordEmbedder("other words", 64)


OTHER = Fingerprint.of(other_embedder())


def is_served_by(home: Path, edition: Fingerprint) -> bool:
    """Whether this edition serves, and is the only one."""
    index = home / "index"
    folders = {one.name for one in index.iterdir() if one.is_dir()}
    return (index / SERVING_FILE).read_text("utf-8") == edition.short() and folders == {edition.short()}
