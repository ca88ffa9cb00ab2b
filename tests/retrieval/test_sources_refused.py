"""Sources over gRPC that are refused: pages, headers, files, sizes, orders and callers."""

from pathlib import Path
from typing import Any

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.file_kinds import OLD_OFFICE
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.retrieval.retrieval_harness import Retrieval, api_key, chunks, refused, serving
from tests.retrieval.word_embedder import WordEmbedder

PARKING = "# Parking\n\nParking is free for guests.\n\n## Bicycles\n\nBicycles stand behind the house."
NOT_FOUND = Reason.NOT_FOUND
INVALID = Reason.INVALID_FIELD
UNREADABLE = Reason.UNREADABLE_SOURCE


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
