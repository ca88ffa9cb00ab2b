"""MDX: what is code in it is no text, what its components say is."""

from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import document, page, sections, text_of


@for_each("kind", ["mdx", "markdown"])
@for_each("line_end", ["\n", "\r\n"])
def test_a_page_is_read_under_both_names(kind: str, line_end: str) -> None:
    assert document(page("baker.mdx").replace("\n", line_end), kind) == Document(
        "The baker's guide",
        (
            Section(
                (),
                "How dough is made.\n\nThe oven Vesuvius is white, {code} and <Tag /> stay. Here too.\n\n"
                "See Ovens for more.",
            ),
            Section(("Heat",), "It takes 20 minutes."),
            Section(('May I "order" by phone?',), "Yes, until noon."),
            Section(("Hours",), "8 to 17"),
            Section(("Far away",), "We deliver everywhere."),
            Section(
                ("Rye",),
                "Knead it for 8 minutes.\n\n- once\n- twice\n\n    import x from 'y'\n      ::: tip\n"
                '    <Tile title="no heading">\n    {/* stays */}',
            ),
            Section(
                (),
                "A picture: a loaf\n\nSee the prices of the shops for more.\n\n1. Mix.\nNot too long.\n2. Bake.\n\n"
                "Loaf: Rye; Price: 4",
            ),
        ),
    )


def test_a_heading_reaches_as_far_as_the_component_that_it_is_in() -> None:
    text = "## Out\n\na\n\n<Card title='In'>\n## Deeper\n\nb\n</Card>\n\nc\n\n## Next\n\nd"
    assert sections(text) == (
        Section(("Out",), "a"),
        Section(("Out", "In", "Deeper"), "b"),
        Section(("Out",), "c"),
        Section(("Next",), "d"),
    )


@for_each(
    "text",
    [
        "import taxes are paid by the buyer, and so are export taxes.",
        "export your data from the menu File.",
        "import numpy as np",
        "A path such as /status/{id} or {a, b} is text.",
        "Ask Ada <ada.b@example.com>, not Bob.",
        "Some signs: < and <= and {",
    ],
)
def test_prose_that_looks_like_code_is_text_in_markdown(text: str) -> None:
    assert sections(text) == (Section((), text.replace("<ada.b@example.com>", "ada.b@example.com")),)


def test_indented_code_is_code_in_markdown_alone() -> None:
    text = "Run:\n\n    import x from 'y'\n    <Note>\n"
    assert sections(text) == (Section((), "Run:\n\n    import x from 'y'\n    <Note>"),)
    assert sections("Run:\n\n    the shop", "mdx") == (Section((), "Run:\n\nthe shop"),)


@for_each(
    "broken",
    [
        "<Card title='a",
        "<Card title={`a>",
        "{/* never ends",
        "export const a = {",
        "<A><B></A>",
        "</A>",
        "<>",
        "{",
        "<A {",
    ],
)
@for_each("kind", ["mdx", "markdown"])
def test_code_that_is_broken_costs_no_other_text(broken: str, kind: str) -> None:
    text = text_of(f"Before.\n\n{broken}\n\nAfter.", kind)
    assert ("Before." in text, "After." in text, "\x02" in text) == (True, True, False)


def test_components_as_deep_as_one_likes_are_read() -> None:
    text = "".join(f'<A title="{number}">\n' for number in range(3000)) + "The end."
    (last, *_) = reversed(sections(text, "mdx"))
    assert last.text.endswith("The end.")
    assert len(last.headings) < 20
