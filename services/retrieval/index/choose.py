"""Which index a process uses."""

from pathlib import Path

from services.retrieval.index.edge import EdgeIndex
from services.retrieval.index.index import Index
from services.retrieval.index.schema import Fingerprint


async def open_index(folder: Path, fingerprint: Fingerprint) -> Index:
    """The index in `folder`. IndexInUse when another process has it."""
    return await EdgeIndex.open(folder, fingerprint)
