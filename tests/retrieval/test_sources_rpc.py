"""Sources over gRPC: added ones are found, removed ones and other chatbots' are not."""

from pathlib import Path
from typing import Any

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.file_kinds import OLD_OFFICE
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.retrieval.retrieval_harness import Retrieval, api_key, chunks, operator, refused, serving
from tests.retrieval.word_embedder import WordEmbedder

PARKING = "# Parking\n\nParking is free for guests.\n\n## Bicycles\n\nBicycles stand behind the house."
NOT_FOUND = Reason.NOT_FOUND
INVALID = Reason.INVALID_FIELD
UNREADABLE = Reason.UNREADABLE_SOURCE


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


@for_each("fields", [{"page_size": 1001}, {"page_size": -1}, {"page_token": "x"}, {"page_token": "YWJj"}])
async def test_a_wrong_page_is_refused(retrieval: Retrieval, fields: dict[str, Any]) -> None:
    await refused(retrieval.sources("bot_a").ListSources(pb.ListSourcesRequest(**fields)), INVALID)


@for_each(
    "header",
    [
        {"name": "/home/me/secret.md"},
        {"name": "../up.md"},
        {"name": "C:\\files\\a.md"},
        {"name": "~/a.md"},
        {"name": ""},
        {"name": "a\nb.md"},
        {"url": "ftp://example.com/a.md"},
        {"url": "javascript:alert(1)"},
        {"url": "https://user:pw@example.com/"},
        {"url": "https://"},
        {"url": "https://exa mple.com"},
        {"url": "file:///etc/passwd"},
        {"url": "http://[::1"},
        {"url": "https://example.com/" + "a" * 2100},
        {"title": "x" * 501},
    ],
)
async def test_a_header_that_leads_astray_is_refused(retrieval: Retrieval, header: dict[str, str]) -> None:
    await refused(retrieval.add("bot_a", PARKING, **{"name": "a.md", **header}), INVALID)
    assert await retrieval.listed("bot_a") == []


async def test_names_are_tidied(retrieval: Retrieval) -> None:
    assert (await retrieval.add("bot_a", PARKING, ".\\docs//./a.md")).source.url == "file:docs/a.md"


@for_each(
    ("name", "content", "said"),
    [
        ("a.exe", b"MZ", ".md, .mdx, .txt, .html, .pdf, .docx"),
        ("a.png", b"\x89PNG", ".png files): run text recognition (OCR) on it and add the text."),
        ("a.doc", OLD_OFFICE + bytes(600), "in the old .doc format: save it as .docx and add that file."),
        ("noextension", b"text", "without an extension"),
        ("a.md", b"", "empty"),
        ("a.md", b" \n ", "empty"),
        ("a.md", b"<!-- nothing -->", "no text"),
        ("a.txt", bytes(range(256)) * 10, "not text"),
        ("a.html", b"<script>x()</script>", "no text"),
        ("a.txt", b"\xff\xfea", "decoded"),
    ],
)
async def test_an_unreadable_file_is_named_for_what_it_is(
    retrieval: Retrieval, name: str, content: bytes, said: str
) -> None:
    text = await refused(retrieval.add("bot_a", content, name), UNREADABLE)
    assert said in text
    # A file of no known kind can't become a source; of others the cause is kept.
    known = [] if name in ("noextension", "a.png", "a.exe") else [(pb.SOURCE_STATUS_FAILED, text)]
    listed = [one for one in await retrieval.listed("bot_a") if one.url == f"file:{name}"]
    assert [(one.status, one.error) for one in listed] == known


async def test_a_file_over_the_limit_is_refused_and_one_at_it_is_not(
    tmp_path: Path, signer: TokenSigner, embedder: WordEmbedder
) -> None:
    async with serving(tmp_path, signer, embedder, CHATMOUNT_MAXIMUM_SOURCE_BYTES="2000") as retrieval:
        assert "2000 bytes" in await refused(retrieval.add("bot_a", "word " * 401, "a.txt"), UNREADABLE)
        assert (await retrieval.add("bot_a", "word " * 400, "a.txt")).source.size_bytes == 2000


async def test_messages_out_of_order_are_refused(retrieval: Retrieval) -> None:
    header = pb.AddSourceRequest(header=pb.AddSourceHeader(name="a.md"))
    for messages in ([], chunks(b"# A"), [header, header], [pb.AddSourceRequest()]):
        await refused(retrieval.send("bot_a", messages), INVALID)


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


@for_each(
    "principal",
    [
        api_key("bot_a"),
        Principal(Role.ROLE_SERVICE),
        Principal(Role.ROLE_EDGE),
        Principal(Role.ROLE_OPERATOR),
        Principal(Role.ROLE_OPERATOR, account_id="acct_1"),
    ],
)
async def test_only_an_operator_of_the_chatbot_manages_sources(retrieval: Retrieval, principal: Principal) -> None:
    denied = Reason.ROLE_NOT_ALLOWED
    await refused(retrieval.add(principal, PARKING), denied)
    await refused(retrieval.listed(principal), denied)
    await refused(retrieval.sources(principal).RemoveAllSources(pb.RemoveAllSourcesRequest()), denied)
    await refused(retrieval.pairs(principal).ListQaPairs(pb.ListQaPairsRequest()), denied)


async def test_an_api_key_searches_its_own_chatbot(retrieval: Retrieval) -> None:
    await retrieval.add(operator("bot_a"), PARKING)
    assert await retrieval.texts(api_key("bot_a"), "parking")
    assert await retrieval.texts(api_key("bot_b"), "parking") == []
    await refused(retrieval.search(Principal(Role.ROLE_EDGE), "parking"), Reason.ROLE_NOT_ALLOWED)


async def switch(retrieval: Retrieval, bot: str, source_id: str, enabled: bool) -> pb.Source:
    request = pb.SetSourceEnabledRequest(source_id=source_id, enabled=enabled)
    return (await retrieval.sources(bot).SetSourceEnabled(request)).source
