"""Chatbots in other languages than English, and the way from one language to another."""

import asyncio
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.pages_in_languages import GERMAN, HELP_DESKS, JAPANESE, HelpDesk
from tests.retrieval.retrieval_harness import Retrieval, refused, serving
from tests.retrieval.word_embedder import WordEmbedder
from tests.waiting import until

CLOSE = 0.3
"""The share of a question's words by which Chat tells that there is an answer."""


class EnglishEmbedder(WordEmbedder):
    """Understands English alone, as the built-in model does."""

    languages = frozenset({"en"})


@pytest.fixture
def embedder() -> WordEmbedder:
    return EnglishEmbedder()


async def choose(retrieval: Retrieval, bot: str, language: str) -> pb.Settings:
    request = pb.UpdateSettingsRequest(language=language)
    return (await retrieval.searcher(bot).UpdateSettings(request)).settings


async def language_of(retrieval: Retrieval, bot: str) -> tuple[str, str]:
    settings = (await retrieval.searcher(bot).GetSettings(pb.GetSettingsRequest())).settings
    return settings.language, settings.next_language


async def arrived(retrieval: Retrieval, bot: str, language: str) -> None:
    async def is_there() -> bool:
        return await language_of(retrieval, bot) == (language, "")

    await until(is_there)


async def shares(retrieval: Retrieval, bot: str, question: str) -> list[float]:
    """How much of the question each sentence holds that was found."""
    passages = (await retrieval.search(bot, question, include_sentences=True)).passages
    return [sentence.lexical for passage in passages for sentence in passage.sentences]


async def index_is_right(retrieval: Retrieval, bot: str) -> None:
    """Returns when the index has nothing wrong, and nothing is on its way into it."""

    async def is_right() -> bool:
        return not any(part.under_way or part.faults for part in await retrieval.verify(bot))

    await until(is_right)


async def fill(retrieval: Retrieval, bot: str, desk: HelpDesk) -> None:
    for name, text in desk.pages.items():
        await retrieval.add(bot, text, f"{name}.md")


@pytest.mark.parametrize("desk", HELP_DESKS)
async def test_the_right_page_comes_first_and_foreign_questions_find_little(
    retrieval: Retrieval, desk: HelpDesk
) -> None:
    await choose(retrieval, "bot_1", desk.language)
    await fill(retrieval, "bot_1", desk)
    for question, (page, answer) in desk.questions.items():
        passages = (await retrieval.search("bot_1", question, include_sentences=True)).passages
        assert passages[0].url == f"file:{page}.md", question
        assert answer in passages[0].text
        assert max(sentence.lexical for sentence in passages[0].sentences) >= CLOSE, question
        assert not passages[0].scores.HasField("vector")
        assert not passages[0].scores.HasField("sentence")
    off_topic = (await retrieval.search("bot_1", desk.off_topic, include_sentences=True)).passages
    assert max((one.lexical for passage in off_topic for one in passage.sentences), default=0.0) < CLOSE


async def test_what_stands_in_the_headings_counts_for_every_sentence_below(retrieval: Retrieval) -> None:
    await choose(retrieval, "bot_1", "de")
    await retrieval.add("bot_1", "# Personal\n\n## Resturlaub\n\nEr verfällt am 31. März. Fragen Sie Ihre Leitung.")
    whole, none = await shares(retrieval, "bot_1", "Wann verfällt Resturlaub?")
    assert whole == pytest.approx(1.0)
    assert 0 < none < 1


async def test_a_chatbot_is_english_until_somebody_chooses_otherwise(retrieval: Retrieval) -> None:
    assert await language_of(retrieval, "bot_1") == ("en", "")
    assert await choose(retrieval, "bot_1", "DE") == pb.Settings(language="de")
    assert await language_of(retrieval, "bot_1") == ("de", "")
    assert await language_of(retrieval, "bot_2") == ("en", "")
    assert [(await retrieval.search(bot, "Was?")).language for bot in ("bot_1", "bot_2")] == ["de", "en"]
    assert (await retrieval.searcher("bot_1").UpdateSettings(pb.UpdateSettingsRequest())).settings.language == "de"
    await retrieval.sources("bot_1").RemoveAllSources(pb.RemoveAllSourcesRequest())
    assert await language_of(retrieval, "bot_1") == ("en", "")


async def test_a_language_that_there_is_not_is_refused_with_a_list(retrieval: Retrieval) -> None:
    for unknown in ("", "xx", "german"):
        call = retrieval.searcher("bot_1").UpdateSettings(pb.UpdateSettingsRequest(language=unknown))
        assert "de, el, en, es" in await refused(call, Reason.INVALID_FIELD)


async def test_the_old_language_serves_until_every_source_has_followed(
    retrieval: Retrieval, embedder: WordEmbedder
) -> None:
    await choose(retrieval, "bot_1", "de")
    await fill(retrieval, "bot_1", GERMAN)
    await fill(retrieval, "bot_2", GERMAN)
    switched_off = (await retrieval.listed("bot_1"))[3]
    await retrieval.switch("bot_1", switched_off.id, False)
    # "Haus" is no word of the page; German knows that it is that of "Häuser".
    german = await retrieval.search("bot_1", "Haus", limit=50)
    assert [passage.url for passage in german.passages] == ["file:versand.md"]
    assert not german.passages[0].scores.HasField("vector")
    assert await shares(retrieval, "bot_1", "Haus") == [0, 0, 1]
    assert not (await retrieval.search("bot_1", "Rechnung")).passages, "its source is switched off"

    embedder.hold = asyncio.Event()
    embedder.waiting.clear()
    assert await choose(retrieval, "bot_1", "en") == pb.Settings(language="de", next_language="en")
    await asyncio.wait_for(embedder.waiting.wait(), 60)
    assert await retrieval.search("bot_1", "Haus", limit=50) == german
    embedder.hold.set()
    await arrived(retrieval, "bot_1", "en")

    assert not any(await shares(retrieval, "bot_1", "Haus"))
    assert (await retrieval.search("bot_1", "Häuser und Pakete")).passages[0].scores.HasField("vector")
    assert not any(passage.scores.lexical for passage in (await retrieval.search("bot_2", "Haus")).passages)
    await index_is_right(retrieval, "bot_1")
    assert {source.status for source in await retrieval.listed("bot_1")} == {
        pb.SOURCE_STATUS_READY,
        pb.SOURCE_STATUS_DISABLED,
    }


async def test_a_change_that_broke_off_is_finished_after_the_next_start(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder) as running:
        await choose(running, "bot_1", "de")
        await fill(running, "bot_1", GERMAN)
        embedder.hold = asyncio.Event()
        embedder.waiting.clear()
        await choose(running, "bot_1", "en")
        await asyncio.wait_for(embedder.waiting.wait(), 60)
    embedder.hold = None
    async with serving(tmp_path, signer, embedder) as running:
        await arrived(running, "bot_1", "en")
        found = (await running.search("bot_1", "Häuser und Pakete")).passages
        assert all(passage.scores.HasField("vector") for passage in found)


async def test_back_to_the_language_before_nothing_is_lost(retrieval: Retrieval) -> None:
    await choose(retrieval, "bot_1", "ja")
    await fill(retrieval, "bot_1", JAPANESE)
    await choose(retrieval, "bot_1", "en")
    await choose(retrieval, "bot_1", "ja")
    await arrived(retrieval, "bot_1", "ja")
    await choose(retrieval, "bot_1", "en")
    await arrived(retrieval, "bot_1", "en")
    found = (await retrieval.search("bot_1", "E-1042")).passages
    assert len(found) == len(JAPANESE.pages)
    assert all(passage.scores.HasField("vector") and passage.scores.HasField("sentence") for passage in found)
    assert [passage.url for passage in found if passage.scores.lexical] == ["file:pasuwado.md"]
