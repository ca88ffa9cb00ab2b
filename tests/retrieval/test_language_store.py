"""Languages of chatbots on SQLite and on Postgres, and which sources have followed."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from services.database import Database
from services.retrieval.store.languages import LanguageStore
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.text.languages import ChatbotLanguage
from tests.retrieval.stored_sources import passages, source

GERMAN = ChatbotLanguage("de", is_chosen=True)
TO_GERMAN = ChatbotLanguage("en", "de", is_chosen=True)


@pytest.fixture
def languages(database: Database) -> LanguageStore:
    return LanguageStore(database)


@pytest.fixture
async def added(database: Database) -> None:
    """Two sources of bot_a, one of bot_b."""
    for bot, version in (("bot_a", "ver_1"), ("bot_a", "ver_2"), ("bot_b", "ver_3")):
        one = source(f"https://example.com/{version}", bot, version)
        await SourceStore(database).put(one, passages(), 5)


async def test_without_sources_a_chatbot_has_its_language_at_once(languages: LanguageStore) -> None:
    assert await languages.of("bot_a") == ChatbotLanguage() == ChatbotLanguage("en", "", is_chosen=False)
    assert await languages.choose("bot_b", "fr") == ChatbotLanguage("fr", is_chosen=True)
    assert await languages.choose("bot_a", "de") == await languages.of("bot_a") == GERMAN
    assert await languages.choose("bot_a", "en") == await languages.of("bot_a") == ChatbotLanguage("en", is_chosen=True)
    assert await languages.of("bot_b") == ChatbotLanguage("fr", is_chosen=True)
    assert await languages.changing() == []


@pytest.mark.usefixtures("added")
async def test_a_language_takes_its_place_when_every_source_has_followed(languages: LanguageStore) -> None:
    assert await languages.choose("bot_b", "fr") == ChatbotLanguage("en", "fr", is_chosen=True)
    assert await languages.choose("bot_a", "de") == TO_GERMAN
    assert TO_GERMAN.of_words == ("en", "de")
    assert await languages.behind(10) == [("bot_a", "ver_1"), ("bot_a", "ver_2"), ("bot_b", "ver_3")]
    assert await languages.behind(1) == [("bot_a", "ver_1")]
    await languages.note("bot_a", "ver_1", ("en", "de"), is_beginning=True)
    assert await languages.change_over("bot_a") == TO_GERMAN
    await languages.note("bot_a", "ver_2", ("en", "de"), is_beginning=True)
    assert await languages.changing() == ["bot_a", "bot_b"]
    assert await languages.change_over("bot_a") == GERMAN
    assert await languages.change_over("bot_c") == ChatbotLanguage()
    assert await languages.changing() == ["bot_b"]
    # The words of the earlier language are still there.
    assert await languages.behind(10) == [("bot_a", "ver_1"), ("bot_a", "ver_2"), ("bot_b", "ver_3")]
    await languages.note("bot_a", "ver_1", ("de",), is_beginning=True)
    assert await languages.behind(10) == [("bot_a", "ver_2"), ("bot_b", "ver_3")]
    assert await languages.of("bot_b") == ChatbotLanguage("en", "fr", is_chosen=True)


@pytest.mark.usefixtures("added")
async def test_a_source_of_which_only_a_part_has_followed_is_behind(languages: LanguageStore) -> None:
    await languages.choose("bot_b", "de")
    await languages.note("bot_b", "ver_3", ("en", "de"), is_beginning=False)
    assert await languages.behind(10) == [("bot_b", "ver_3")]
    await languages.note("bot_b", "ver_3", ("en", "de"), is_beginning=True)
    await languages.note("bot_b", "ver_3", ("en", "de"), is_beginning=False)
    assert await languages.behind(10) == []
    await languages.note("bot_b", "ver_3", ("en",), is_beginning=False)
    assert await languages.behind(10) == [("bot_b", "ver_3")]


@pytest.mark.usefixtures("added")
async def test_notes_of_versions_that_are_gone_are_swept_away(database: Database, languages: LanguageStore) -> None:
    for bot, version in (("bot_a", "ver_1"), ("bot_b", "ver_8"), ("bot_b", "ver_9")):
        await languages.note(bot, version, ("de",), is_beginning=True)
    await UnsettledStore(database).note("ver_9", 5)
    await languages.sweep()
    for version in ("ver_1", "ver_9"):
        with pytest.raises(IntegrityError):
            await languages.note("bot_c", version, ("de",), is_beginning=True)
    await languages.note("bot_c", "ver_8", ("de",), is_beginning=True)


@pytest.mark.usefixtures("added")
async def test_a_chatbot_that_is_removed_leaves_no_language(database: Database, languages: LanguageStore) -> None:
    await languages.choose("bot_a", "de")
    await languages.note("bot_a", "ver_1", ("en", "de"), is_beginning=True)
    await languages.choose("bot_b", "de")
    await languages.note("bot_b", "ver_3", ("en", "de"), is_beginning=True)
    await UnsettledStore(database).remove_all("bot_a", 5)
    assert await languages.of("bot_a") == ChatbotLanguage()
    assert await languages.change_over("bot_b") == GERMAN
    await languages.note("bot_c", "ver_1", ("de",), is_beginning=True)


async def test_replicas_that_choose_at_once_agree(languages: LanguageStore) -> None:
    chosen = await asyncio.gather(*(languages.choose("bot_a", code) for code in ("de", "fr", "ja", "de")))
    assert await languages.of("bot_a") in chosen
