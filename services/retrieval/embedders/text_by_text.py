"""Passages and their sentences for embedders that know of nothing but texts."""

from collections.abc import Awaitable, Callable, Sequence

from services.retrieval.embedders.embedder import Matrix, PassageText, PassageVectors

EmbedTexts = Callable[[Sequence[str]], Awaitable[Matrix]]


async def embed_text_by_text(embed: EmbedTexts, passages: Sequence[PassageText]) -> list[PassageVectors]:
    """See Embedder.embed_with_sentences. What `embed` raises."""
    sentences = [_with_path(passage) for passage in passages]
    # Overlapping passages share sentences: each is embedded once.
    distinct = list(dict.fromkeys(text for of_one in sentences for text in of_one))
    vectors = await embed([*(passage.whole for passage in passages), *distinct])
    row_of = {text: len(passages) + place for place, text in enumerate(distinct)}
    return [
        PassageVectors(vectors[place], vectors[[row_of[text] for text in of_one]])
        for place, of_one in enumerate(sentences)
    ]


def _with_path(passage: PassageText) -> list[str]:
    return [f"{passage.path}: {text}" if passage.path else text for text in passage.sentences]
