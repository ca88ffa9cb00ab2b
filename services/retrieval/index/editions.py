"""Editions of an index: the wanted one, and an earlier one that serves until then.

Vectors of another model, or words by other rules, can't stand in one index with the present ones. So a change of either
begins a new edition beside the old one, which answers until the new one has everything, and is dropped then.
"""

from dataclasses import dataclass
from typing import Protocol

from services.config.settings import SettingsError
from services.retrieval.index.index import Index
from services.retrieval.index.schema import Fingerprint


@dataclass(frozen=True, slots=True)
class Earlier:
    """An edition that is being replaced."""

    index: Index
    fingerprint: Fingerprint


class Editions(Protocol):
    """The editions that one process works with.

    Each step is one that a sudden end leaves whole or not done.
    """

    @property
    def wanted(self) -> Index:
        """The edition that fits the settings."""
        ...

    @property
    def earlier(self) -> Earlier | None:
        """The edition that serves while `wanted` is being filled; None: `wanted` serves."""
        ...

    async def promote(self) -> None:
        """Write down that `wanted` serves, for every process that starts from now on."""
        ...

    async def drop_earlier(self) -> None:
        """Remove what `wanted` has replaced. Nothing may be asked of `earlier` any more."""
        ...

    async def close(self) -> None:
        """Close all of them."""
        ...


def refuse_other_dimension(wanted: Fingerprint, recorded: Fingerprint, where: str) -> None:
    """SettingsError when the same model now makes vectors of another length.

    Somebody else answers under its name, or it was exchanged: what is right the operator has to say.
    """
    if wanted.embedder is None or wanted.embedder != recorded.embedder or wanted.dimension == recorded.dimension:
        return
    raise SettingsError(
        f"CHATMOUNT_EMBEDDINGS_URL: the model {wanted.embedder} makes vectors of {wanted.dimension} numbers, "
        f"and the index has vectors of {recorded.dimension} from it. "
        "Set the URL and CHATMOUNT_EMBEDDINGS_MODEL that the index was made with, or the name of the new model; "
        f"if the model behind this name was exchanged, remove {where}: it is rebuilt from the tables."
    )
