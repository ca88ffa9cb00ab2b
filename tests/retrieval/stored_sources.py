"""Sources and passages as the relational store takes them."""

from services.ids import new_id
from services.retrieval.records import Passage, Source


def source(url: str = "https://example.com/a", bot: str = "bot_a", version: str = "", passages: int = 2) -> Source:
    return Source(
        id=new_id("src"),
        chatbot_id=bot,
        url=url,
        title="Title",
        version=version or new_id("ver"),
        digest="d" * 64,
        enabled=True,
        passages=passages,
        size_bytes=2**33,
        created_ms=1_800_000_000_123,
        updated_ms=1_800_000_000_123,
    )


def passages(count: int = 2) -> list[Passage]:
    return [Passage(new_id("psg"), place, ("Über", "x"), "One. Two 😀.", ((0, 4), (5, 11))) for place in range(count)]
