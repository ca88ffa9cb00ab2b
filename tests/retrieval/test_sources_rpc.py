"""Sources over gRPC: added ones are found, removed ones and other chatbots' are not."""

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.trust.principal import Principal, Role
from tests.retrieval.retrieval_harness import Retrieval, api_key, chunks, operator, refused
from tests.retrieval.word_embedder import WordEmbedder

PARKING = "# Parking\n\nParking is free for guests.\n\n## Bicycles\n\nBicycles stand behind the house."
NOT_FOUND = Reason.NOT_FOUND
INVALID = Reason.INVALID_FIELD


async def test_what_was_added_is_found_with_all_that_a_citation_needs(retrieval: Retrieval) -> None:
    source = (await retrieval.add("bot_a", PARKING, "docs/parking.md")).source
    assert (source.title, source.url, source.passages) == ("Parking", "file:docs/parking.md", 2)
    assert (source.status, source.size_bytes) == (pb.SOURCE_STATUS_READY, len(PARKING))
    best = (await retrieval.search("bot_a", "Where do bicycles stand?", include_sentences=True)).passages[0]
    assert (best.source_id, best.title, best.url) == (source.id, "Parking", "file:docs/parking.md")
    assert best.text == "Bicycles stand behind the house."
    assert list(best.headings) == ["Bicycles"]
    assert [sentence.text for sentence in best.sentences] == [best.text]
    assert best.sentences[0].lexical == pytest.approx(1.0)
    assert best.sentences[0].vector == pytest.approx(best.scores.sentence, abs=1e-5)
    assert best.scores.HasField("vector")
    assert best.scores.lexical > 0


async def test_sentences_come_only_when_asked_for(retrieval: Retrieval) -> None:
    await retrieval.add("bot_a", PARKING)
    assert not (await retrieval.search("bot_a", "parking")).passages[0].sentences


async def test_header_title_and_url_go_before_the_documents_own(retrieval: Retrieval) -> None:
    header = {"url": "https://example.com/p?x=1#a", "title": " Our   car park "}
    source = (await retrieval.add("bot_a", PARKING, **header)).source
    assert (source.title, source.url) == ("Our car park", "https://example.com/p?x=1#a")


async def test_a_file_without_a_title_is_called_by_its_name(retrieval: Retrieval) -> None:
    assert (await retrieval.add("bot_a", "only text.", "notes/today.txt")).source.title == "today.txt"


async def test_the_same_content_is_not_indexed_again(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    first = await retrieval.add("bot_a", PARKING)
    embedded = embedder.passages
    again = await retrieval.add("bot_a", PARKING)
    assert (first.unchanged, again.unchanged) == (False, True)
    assert again.source == first.source
    assert embedder.passages == embedded


async def test_changed_content_takes_the_place_of_the_old(retrieval: Retrieval) -> None:
    first = (await retrieval.add("bot_a", PARKING)).source
    second = await retrieval.add("bot_a", "# Parking\n\nParking costs five euros.")
    assert second.source.id == first.id
    assert not second.unchanged
    assert await retrieval.texts("bot_a", "parking bicycles") == ["Parking costs five euros."]
    assert [source.passages for source in await retrieval.listed("bot_a")] == [1]


async def test_a_changed_title_alone_is_a_change(retrieval: Retrieval) -> None:
    await retrieval.add("bot_a", PARKING)
    assert (await retrieval.add("bot_a", PARKING, title="Cars")).source.title == "Cars"
    assert {passage.title for passage in (await retrieval.search("bot_a", "parking")).passages} == {"Cars"}


async def test_a_removed_source_is_never_found_again(retrieval: Retrieval) -> None:
    source = (await retrieval.add("bot_a", PARKING)).source
    await retrieval.remove("bot_a", source.id)
    assert await retrieval.texts("bot_a", "parking bicycles") == []
    assert await retrieval.listed("bot_a") == []
    get = retrieval.sources("bot_a").GetSource(pb.GetSourceRequest(source_id=source.id))
    await refused(get, NOT_FOUND)
    assert not (await retrieval.add("bot_a", PARKING)).unchanged


async def test_a_disabled_source_is_kept_but_not_found(retrieval: Retrieval) -> None:
    source = (await retrieval.add("bot_a", PARKING)).source
    await switch(retrieval, "bot_a", source.id, False)
    assert await retrieval.texts("bot_a", "parking") == []
    assert (await retrieval.listed("bot_a"))[0].status == pb.SOURCE_STATUS_DISABLED
    switched = await switch(retrieval, "bot_a", source.id, True)
    assert switched.status == pb.SOURCE_STATUS_READY
    assert len(await retrieval.texts("bot_a", "parking")) == 2


async def test_new_content_does_not_switch_a_disabled_source_on(retrieval: Retrieval) -> None:
    source = (await retrieval.add("bot_a", PARKING)).source
    await switch(retrieval, "bot_a", source.id, False)
    replaced = (await retrieval.add("bot_a", "# Parking\n\nNew words.")).source
    assert replaced.status == pb.SOURCE_STATUS_DISABLED
    assert await retrieval.texts("bot_a", "parking new words") == []
    await switch(retrieval, "bot_a", source.id, True)
    assert await retrieval.texts("bot_a", "parking new words") == ["New words."]


async def test_removing_everything_leaves_other_chatbots_alone(retrieval: Retrieval) -> None:
    for name in ("one.md", "two.md"):
        await retrieval.add("bot_a", PARKING, name)
    await retrieval.pairs("bot_a").AddQaPair(pb.AddQaPairRequest(question="Why?", answer="Because."))
    await retrieval.add("bot_b", PARKING)
    removed = await retrieval.sources("bot_a").RemoveAllSources(pb.RemoveAllSourcesRequest())
    assert (removed.sources, removed.qa_pairs) == (2, 1)
    response = await retrieval.search("bot_a", "Why?")
    assert not response.passages
    assert not response.HasField("qa_match")
    assert len(await retrieval.texts("bot_b", "parking")) == 2
    again = await retrieval.sources("bot_a").RemoveAllSources(pb.RemoveAllSourcesRequest())
    assert (again.sources, again.qa_pairs) == (0, 0)


async def test_ids_of_another_chatbot_do_not_exist(retrieval: Retrieval) -> None:
    source = (await retrieval.add("bot_a", PARKING)).source
    stranger = retrieval.sources("bot_b")
    for source_id in (source.id, "src_nothing", "", "../x", "src_" + "a" * 500):
        await refused(stranger.GetSource(pb.GetSourceRequest(source_id=source_id)), NOT_FOUND)
        await refused(stranger.RemoveSource(pb.RemoveSourceRequest(source_id=source_id)), NOT_FOUND)
        request = pb.SetSourceEnabledRequest(source_id=source_id, enabled=False)
        await refused(stranger.SetSourceEnabled(request), NOT_FOUND)
    assert len(await retrieval.texts("bot_a", "parking")) == 2


async def test_one_url_in_two_chatbots_is_two_sources(retrieval: Retrieval) -> None:
    first = (await retrieval.add("bot_a", "Apples are red.", "a.txt", url="https://example.com/a")).source
    second = await retrieval.add("bot_b", "Pears are green.", "a.txt", url="https://example.com/a")
    assert first.id != second.source.id
    assert await retrieval.texts("bot_a", "apples pears") == ["Apples are red."]
    assert await retrieval.texts("bot_b", "apples pears") == ["Pears are green."]


async def test_lists_come_in_pages_oldest_first(retrieval: Retrieval) -> None:
    for number in range(5):
        await retrieval.add("bot_a", f"Text {number}.", f"{number}.txt")
    await retrieval.add("bot_b", "Other.", "other.txt")
    names, token = [], ""
    while True:
        request = pb.ListSourcesRequest(page_size=2, page_token=token)
        page = await retrieval.sources("bot_a").ListSources(request)
        assert len(page.sources) <= 2
        names += [source.title for source in page.sources]
        token = page.next_page_token
        if not token:
            break
    assert names == [f"{number}.txt" for number in range(5)]


async def test_names_are_tidied(retrieval: Retrieval) -> None:
    assert (await retrieval.add("bot_a", PARKING, ".\\docs//./a.md")).source.url == "file:docs/a.md"


async def test_content_whose_end_was_said_to_follow_is_taken_with_it_alone(retrieval: Retrieval) -> None:
    header = pb.AddSourceRequest(header=pb.AddSourceHeader(name="a.md", end_follows=True))
    await refused(retrieval.send("bot_a", [header, *chunks(b"# A half")]), INVALID)
    assert (await retrieval.sources("bot_a").ListSources(pb.ListSourcesRequest())).sources == []
    whole = [header, *chunks(b"# A whole\n\nAll of it."), pb.AddSourceRequest(end=True)]
    assert (await retrieval.send("bot_a", whole)).source.title == "A whole"


async def test_large_files_are_read_in_a_process_of_their_own(retrieval: Retrieval) -> None:
    text = "# Big\n\n" + "\n\n".join(f"Paragraph {number} speaks of topic{number}." for number in range(4000))
    added = await retrieval.add("bot_a", text, "big.md")
    assert added.source.passages > 100
    assert added.source.title == "Big"
    assert any("topic3999." in found for found in await retrieval.texts("bot_a", "topic3999"))


async def test_an_api_key_searches_its_own_chatbot(retrieval: Retrieval) -> None:
    await retrieval.add(operator("bot_a"), PARKING)
    assert await retrieval.texts(api_key("bot_a"), "parking")
    assert await retrieval.texts(api_key("bot_b"), "parking") == []
    await refused(retrieval.search(Principal(Role.ROLE_EDGE), "parking"), Reason.ROLE_NOT_ALLOWED)


async def switch(retrieval: Retrieval, bot: str, source_id: str, enabled: bool) -> pb.Source:
    request = pb.SetSourceEnabledRequest(source_id=source_id, enabled=enabled)
    return (await retrieval.sources(bot).SetSourceEnabled(request)).source
