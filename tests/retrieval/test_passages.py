"""Passages: small enough, whole, and with nothing lost."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.retrieval.ingest.extraction.document import Document, Section
from services.retrieval.text.passages import MAXIMUM_TOKENS, PassageDraft, heading_path, indexed_text, split_document
from services.retrieval.text.token_estimate import estimate_tokens
from tests.each import for_each

VOCABULARY = "The fee is ten euros and a visit costs. Do? so! 費用は無料です。 e.g. 3.5 x\u00e9 supercalifragilistic"
WORDS = st.sampled_from(VOCABULARY.split())
LINES = st.lists(WORDS, max_size=60).map(" ".join)
TEXTS = st.one_of(st.lists(LINES, max_size=30).map("\n".join), st.text(max_size=400), st.text("ab \n.", max_size=4000))
SECTIONS = st.builds(Section, st.lists(st.sampled_from(["One", "Two"]), max_size=3).map(tuple), TEXTS)


def drafts(*sections: Section) -> list[PassageDraft]:
    return split_document(Document("Title", sections))


def numbered(count: int) -> str:
    return " ".join(f"Sentence number {number} says something about thing {number}." for number in range(count))


@settings(max_examples=150, deadline=None)
@given(st.lists(SECTIONS, max_size=4))
def test_no_passage_is_too_long_and_no_text_is_lost(sections: list[Section]) -> None:
    passages = drafts(*sections)
    for passage in passages:
        assert estimate_tokens(passage.text) <= MAXIMUM_TOKENS * 1.01
        assert passage.text.strip() == passage.text.rstrip() or passage.text.startswith("    ")
        assert passage.sentences
        assert passage.sentences[0][0] == 0
        assert passage.sentences[-1][1] == len(passage.text)
    kept = iter("".join(passage.text for passage in passages))
    assert all(character in kept for section in sections for character in without_space(section.text))


def without_space(text: str) -> Iterator[str]:
    return (character for character in text if not character.isspace())


def test_neighbours_share_a_sentence_or_two() -> None:
    passages = drafts(Section(("H",), numbered(60)))
    assert len(passages) > 2
    for one, following in pairwise(passages):
        first = following.text[slice(*following.sentences[0])]
        assert first in one.text
        shared = [span for span in following.sentences if following.text[slice(*span)] in one.text]
        assert 1 <= len(shared) <= 2


def test_passages_of_a_section_are_of_about_one_length() -> None:
    lengths = [estimate_tokens(passage.text) for passage in drafts(Section((), numbered(70)))]
    assert min(lengths) > max(lengths) / 2


def test_a_section_that_fits_is_one_passage() -> None:
    text = numbered(10)
    assert [passage.text for passage in drafts(Section(("H",), text))] == [text]


def test_no_passage_reaches_over_the_end_of_a_section() -> None:
    first, second = numbered(12), numbered(13)
    assert [passage.text for passage in drafts(Section(("A",), first), Section(("B",), second))] == [first, second]


def test_tiny_neighbours_under_one_heading_become_one_passage() -> None:
    sections = (
        Section(("Hours", "Monday"), "Nine to five."),
        Section(("Hours", "Sunday"), "Closed."),
        Section(("Address",), numbered(8)),
    )
    passages = drafts(*sections)
    assert [passage.headings for passage in passages] == [("Hours",), ("Address",)]
    assert passages[0].text == "Monday: Nine to five.\n\nSunday: Closed."


@for_each(
    "text", ["x" * 50_000, "x " * 20_000, "費" * 5000, "\n".join("ab" * 3 for _ in range(3000)), "a" + " " * 9000 + "b"]
)
def test_text_without_sentences_is_cut_all_the_same(text: str) -> None:
    passages = drafts(Section((), text))
    assert all(0 < estimate_tokens(passage.text) <= MAXIMUM_TOKENS * 1.01 for passage in passages)
    assert sum(map(len, map(list, map(without_space, (one.text for one in passages))))) >= len(
        list(without_space(text))
    )


def test_what_is_indexed_begins_with_title_and_headings() -> None:
    assert indexed_text("Guide", ("Install", "Linux"), "Text.") == "Guide > Install > Linux\nText."
    assert indexed_text("", (), "Text.") == "Text."
    assert heading_path("Guide", ("guide", "Install")) == "Guide > Install"
