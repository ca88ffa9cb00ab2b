"""Which embedder a process uses."""

import logging
from pathlib import Path

from services.retrieval.embedders.embedder import Embedder, ModelRefused
from services.retrieval.embedders.minilm.manifest import is_prepared
from services.retrieval.embedders.minilm.model import MiniLMEmbedder
from services.retrieval.embedders.prefixes import NO_PREFIXES, Prefixes, named

logger = logging.getLogger(__name__)

# The endpoint's embedder brings an HTTP client, a tenth of the start, and is imported where one is configured.


def build_embedder(
    url: str, model: str, api_key: str, model_dir: Path, prefixes: Prefixes = NO_PREFIXES
) -> Embedder | None:
    """The endpoint if `url` is set, else the built-in model if it was prepared, else None.

    None means keyword search alone. Connects to nothing yet: await `open` on the result. Raises ModelRefused when a
    prepared model is there but damaged or of another version: falling back in silence would search an index of vectors
    without vectors.
    """
    if url:
        from services.retrieval.embedders.openai import OpenAIEmbedder

        endpoint = OpenAIEmbedder(url, model, api_key, prefixes=prefixes)
        logger.info("Embeddings come from %s, model %s", endpoint.origin, model)
        return endpoint
    if is_prepared(model_dir):
        embedder = MiniLMEmbedder.load(model_dir)
        logger.info("Embeddings come from the built-in model %s", embedder.name)
        return embedder
    logger.warning(
        "No embedding model in %s and no CHATMOUNT_EMBEDDINGS_URL: search uses keywords (BM25) alone. "
        "`make setup` fetches the model.",
        model_dir,
    )
    return None


def embedder_of_before(name: str, dimension: int, url: str, api_key: str, model_dir: Path) -> Embedder | None:
    """The embedder that made an index's vectors, by its name; None: it is gone.

    An endpoint is asked for its model of before; whether it still serves that shows with the first question.
    """
    asked = named(name)
    if asked is not None and url:
        from services.retrieval.embedders.openai import OpenAIEmbedder

        model, prefixes = asked
        return OpenAIEmbedder(url, model, api_key, prefixes=prefixes, dimension=dimension)
    if is_prepared(model_dir):
        try:
            embedder = MiniLMEmbedder.load(model_dir)
        except ModelRefused:
            return None
        return embedder if embedder.name == name else None
    return None
