"""Markdown: headings, lists, tables, code, front matter."""

from services.retrieval.ingest.extraction.document import Document, Section, table_rows
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import document, page, sections, text_of


def test_a_guide_becomes_sections() -> None:
    assert document(page("guide.md"), "markdown") == Document(
        "The guide",
        (
            Section((), "Intro text with a link and code, wrapped in the source."),
            Section(("Install",), "Run this:\n\n    make run\n        --fast"),
            Section(
                ("Install", "On a server"),
                "- one\n- two continued\n  - nested\n  - deeper\n\n"
                "1. first\nsecond paragraph\n2. then\n    step\n\n"
                "plan: plus; price: 9\nplan: pro\n\n"
                "A quoted line.\n\nThe picture ends it.",
            ),
            Section(("Setext",), "© done. Really. Bold\n\nMore\n\nHidden."),
        ),
    )


@for_each(
    ("text", "title", "headings"),
    [
        ("---\ntitle: 'Front'\n---\n# Heading\n\nText.", "Front", ("Heading",)),
        ('---\ntitle: "Same"\nx: y\n---\n# Same\n\nText.', "Same", ()),
        ("# One\n\n# Two\n\nText.", "One", ("Two",)),
        ("## Only second\n\nText.", "", ("Only second",)),
        ("Text.", "", ()),
        ("---\n\nText.", "", ()),
        ('+++\ntitle = "Toml"\n+++\n\nText.', "Toml", ()),
        ('<h1 align="center">Drawn</h1>\n\n# Other\n\nText.', "Drawn", ("Other",)),
        ("# Named {#other-name .wide}\n\n## Part {: #part }\n\nText.", "Named", ("Part",)),
    ],
)
def test_the_title_comes_from_front_matter_or_the_first_main_heading(
    text: str, title: str, headings: tuple[str, ...]
) -> None:
    assert document(text, "markdown") == Document(title, (Section(headings, "Text."),))


@for_each(
    ("text", "expected"),
    [
        (
            "# T\n\n## Parent\n\n### Child\n\nText.\n\n## Alone\n\n## Last",
            (Section(("Parent", "Child"), "Text."), Section((), "Alone"), Section((), "Last")),
        ),
        ("# T\n\n#### Deep\n\na\n\n## Up\n\nb", (Section(("Deep",), "a"), Section(("Up",), "b"))),
        (
            "# T\n\n<h2>Prices</h2><p>All in euros.</p>\n<table><tr><th>Bike</th><th>Day</th></tr>"
            "<tr><td>City</td><td>10</td></tr></table>\n<ul><li>one</li><li>two</li></ul>\n\nMore.\n",
            (Section(("Prices",), "All in euros.\n\nBike: City; Day: 10\n\n- one\n- two\n\nMore."),),
        ),
    ],
)
def test_text_stands_under_its_headings(text: str, expected: tuple[Section, ...]) -> None:
    assert sections(text) == expected


@for_each(
    "text",
    [
        "<!DOCTYPE html>\n\nText.",
        "<?xml version='1.0'?>\n\n<![CDATA[ x ]]>\n\nText.",
        "<style>b { color: red }</style>\n\n<script>alert(1)</script>\n\nText.",
        "<!-- a comment\n\nof two blocks -->\n\n</details>\n\nText.",
        "<html><head><meta charset='utf-8'><style>b {}</style></head></html>\n\nText.",
        "> [!NOTE]\n> Text.",
        "<div>\n\n<p>Text.</p>\n\n</div>",
    ],
)
def test_what_is_only_markup_is_passed_over(text: str) -> None:
    assert sections(text) == (Section((), "Text."),)


def test_a_table_costs_what_is_written_in_it() -> None:
    head = "|h" * 100 + "\n" + "|-" * 100 + "\n"
    rows = "".join(f"|{row}\n" for row in range(2_000))
    assert text_of(head + rows).split("\n") == [f"h: {row}" for row in range(2_000)]
    assert text_of(head + "|a\n|b\n" * 2_000) == "h: a\nh: b"


def test_long_names_are_cut_where_they_would_be_most_of_the_text() -> None:
    rows = [str(row) for row in range(2_000)]
    text = table_rows(["n" * 20_000], [[row] for row in rows])
    assert text.split("\n") == [f"{'n' * 40}: {row}" for row in rows]
    assert table_rows(["n" * 200], [["x"]]) == "n" * 200 + ": x"


@for_each(
    ("table", "text"),
    [
        ("|a|b|\n|-|-|\n|1|2|3|\n||4|\n|5", "a: 1; b: 2\nb: 4\na: 5"),
        ("a | b\n---|---\n`x \\| y` | \\|\n# Next\nx", "a: x | y; b: |\n\nx"),
        ("|a|b|\n|-|-|\n\nafter", "a; b\n\nafter"),
        ("|a|\n|-|\n> quote", "a\n\nquote"),
        ("before\n|a|b|\n|-|-|\n|1|2|\n- item", "before\n\na: 1; b: 2\n\n- item"),
        ("- |a|b|\n  |-|-|\n  |1|2|\n\n  after", "- a: 1; b: 2\nafter"),
        ("|a|\n|-|-|\n|1|", "|a| |-|-| |1|"),
    ],
)
def test_tables_are_read_as_github_reads_them(table: str, text: str) -> None:
    assert text_of(table) == text


@for_each("end", ["\n", "  \n", "<br>\n", "<br/>"])
@for_each("bullet", ["•", "▪", "–", "✔"])
def test_bullets_that_markdown_does_not_know_begin_items(bullet: str, end: str) -> None:
    text = end.join(f"{bullet} {item}" for item in ("**Rye** (1)", "Oat (2)"))
    assert text_of(f"Corn:\n\n{text}") == "Corn:\n\n- Rye (1)\n- Oat (2)"


@for_each(
    ("source", "text"),
    [
        (
            "We grow\nthese:\n• Rye,\nwhich is sown late\n• Oat",
            "We grow these:\n- Rye, which is sown late\n- Oat",
        ),
        ("We grow rye\n– and oat –\n– as always.", "We grow rye – and oat – – as always."),
    ],
)
def test_bullets_are_told_by_the_lines_around_them(source: str, text: str) -> None:
    assert text_of(source) == text
