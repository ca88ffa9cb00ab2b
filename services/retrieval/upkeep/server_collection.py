"""Brings the collection on a Qdrant server up to date for `chatmount migrate`."""

from services.config.settings import Settings, SettingsError
from services.retrieval.build import configured_embedder
from services.retrieval.embedders.embedder import EmbedderUnavailable, ModelRefused
from services.retrieval.index.choose import pending
from services.retrieval.index.schema import Fingerprint


async def bring_up_to_date(settings: Settings, *, check: bool) -> list[str]:
    """The differences of the collection, in words; put right unless `check`.

    Nothing where the index is embedded. SettingsError when the server or the embedder, by whose vectors the collection
    is made, can't be used.
    """
    if not settings.qdrant_url:
        return []
    try:
        embedder = configured_embedder(settings)
        if embedder is None:
            return await pending(settings, Fingerprint.of(None), check=check)
        try:
            await embedder.open()
            return await pending(settings, Fingerprint.of(embedder), check=check)
        finally:
            await embedder.close()
    except (EmbedderUnavailable, ModelRefused) as error:
        raise SettingsError(
            f"The embedder, by which the index's collection is made, can't be used: {error}."
        ) from error
