"""Vectors of whole texts: passages without sentences."""

from collections.abc import Sequence

import numpy as np

from services.retrieval.embedders.embedder import Matrix, PassageText
from services.retrieval.embedders.minilm.model import MiniLMEmbedder


async def embedded(model: MiniLMEmbedder, texts: Sequence[str]) -> Matrix:
    vectors = await model.embed_with_sentences([PassageText(text, "", ()) for text in texts])
    return np.stack([one.whole for one in vectors])


WEATHER, SUN, STADIUM = "The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."
