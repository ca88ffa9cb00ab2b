"""What a page says of itself in front of its text."""

from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import document, sections


@for_each(
    "front",
    [
        '---\ntitle: "Get the state"\ndescription: "Gives the state of an oven."\n---',
        "---\r\ntitle: Get the state\r\ndescription: Gives the state of an oven. # for search\r\n---\r\n",
        "---\nsummary: >\n  Gives the state\n  of an oven.\ntitle: Get the state\n...",
        "---\ntitle: 'Get the state'\ndescription: |-\n    Gives the state\n    of an oven.\ntags: [a, b]\n---\n",
        "---\ntitle: Get the state\nintro: Gives the state\n  of an oven.\n---\n",
        "---\ntitle: Get the state\nexcerpt: 'Gives the state\n  of an oven.'\n---\n",
        "---\ntitle: Get the state\nseo:\n  title: Another\n  description: Gives the state of an oven.\n---\n",
        '+++\ntitle = "Get the state"\ndescription = """\nGives the state\nof an oven."""\n+++\n',
        '{\n  "title": "Get the state",\n  "description": "Gives the state of an oven."\n}\n',
        "---\ntitle: Get the state\ndescription: Gives the state of an oven.\n---\n# Get the state\n",
    ],
)
def test_the_description_is_the_text_of_a_page_that_has_no_other(front: str) -> None:
    assert document(front, "markdown") == Document("Get the state", (Section((), "Gives the state of an oven."),))


def test_the_description_stands_with_the_first_text_below_the_title() -> None:
    text = "---\ntitle: A\ndescription: Short.\n---\n# A\n\nLong.\n\n## B\n\nMore."
    assert sections(text) == (Section((), "Short.\n\nLong."), Section(("B",), "More."))


@for_each("front", ["---\ntitle: A\ndescription: [a, b]\n---\n", "---\ntitle: A\ndescription:\n  key: b\n---\n"])
def test_a_description_that_is_no_text_is_none(front: str) -> None:
    assert document(f"{front}Text.", "markdown") == Document("A", (Section((), "Text."),))


def test_text_between_two_lines_is_no_front_matter() -> None:
    assert sections("---\nOnly text here\n---\nMore.") == (Section(("Only text here",), "More."),)
