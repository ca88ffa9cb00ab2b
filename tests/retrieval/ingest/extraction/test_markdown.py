"""Markdown: headings, lists, tables, code, front matter."""

import pytest

from services.retrieval.ingest.extraction.document import Document, Section, table_rows
from services.retrieval.ingest.reading import extract

GUIDE = """# The guide

Intro *text* with [a link](https://example.com) and `code`,
wrapped in the source.

## Install

Run this:

```sh
make run
	--fast
```

### On a server

- one
- two
  continued
  - nested
    - deeper
1. first

   second paragraph

2. then

   ```
   step
   ```

| plan | price |
|------|-------|
| plus | *9*   |
| pro  |       |

> A quoted **line**.

![The picture](x.png) ends it.

Setext
------
&copy; done.<br>Really. <b>Bold</b>

<!-- a comment -->
<details><summary>More</summary>Hidden.</details>
"""


def read(text: str) -> Document:
    return extract(text.encode(), "markdown")


def test_a_guide_becomes_sections() -> None:
    assert read(GUIDE) == Document(
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


@pytest.mark.parametrize(
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
    assert read(text) == Document(title, (Section(headings, "Text."),))


def test_headings_without_text_are_not_lost() -> None:
    document = read("# T\n\n## Parent\n\n### Child\n\nText.\n\n## Alone\n\n## Last")
    assert document.sections == (
        Section(("Parent", "Child"), "Text."),
        Section((), "Alone"),
        Section((), "Last"),
    )


def test_levels_may_be_skipped() -> None:
    document = read("# T\n\n#### Deep\n\na\n\n## Up\n\nb")
    assert [section.headings for section in document.sections] == [("Deep",), ("Up",)]


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html>\n\nText.",
        "<?xml version='1.0'?>\n\n<![CDATA[ x ]]>\n\nText.",
        "<style>b { color: red }</style>\n\n<script>alert(1)</script>\n\nText.",
        "<!-- a comment\n\nof two blocks -->\n\n</details>\n\nText.",
        "> [!NOTE]\n> Text.",
        "<div>\n\n<p>Text.</p>\n\n</div>",
    ],
)
def test_what_is_only_markup_is_passed_over(text: str) -> None:
    assert read(text).sections == (Section((), "Text."),)


def test_html_in_markdown_has_headings_lists_and_tables_of_its_own() -> None:
    document = read(
        "# T\n\n<h2>Prices</h2><p>All in euros.</p>\n<table><tr><th>Bike</th><th>Day</th></tr>"
        "<tr><td>City</td><td>10</td></tr></table>\n<ul><li>one</li><li>two</li></ul>\n\nMore.\n"
    )
    assert document.sections == (Section(("Prices",), "All in euros.\n\nBike: City; Day: 10\n\n- one\n- two\n\nMore."),)


def test_a_table_costs_what_is_written_in_it() -> None:
    head = "|h" * 100 + "\n" + "|-" * 100 + "\n"
    rows = "".join(f"|{row}\n" for row in range(10_000))
    assert read(head + rows).sections[0].text.split("\n") == [f"h: {row}" for row in range(10_000)]
    assert read(head + "|a\n|b\n" * 10_000).sections[0].text == "h: a\nh: b"


def test_long_names_are_cut_where_they_would_be_most_of_the_text() -> None:
    rows = [str(row) for row in range(10_000)]
    text = table_rows(["n" * 20_000], [[row] for row in rows])
    assert text.split("\n") == [f"{'n' * 40}: {row}" for row in rows]
    assert table_rows(["n" * 200], [["x"]]) == "n" * 200 + ": x"


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("|a|b|\n|-|-|\n|1|2|3|\n||4|\n|5", "a: 1; b: 2\nb: 4\na: 5"),
        ("a | b\n---|---\n`x \\| y` | \\|\n# Next\nx", "a: x | y; b: |"),
        ("|a|b|\n|-|-|\n\nafter", "a; b\n\nafter"),
        ("|a|\n|-|\n> quote", "a\n\nquote"),
        ("before\n|a|b|\n|-|-|\n|1|2|\n- item", "before\n\na: 1; b: 2\n\n- item"),
        ("- |a|b|\n  |-|-|\n  |1|2|\n\n  after", "- a: 1; b: 2\nafter"),
        ("|a|\n|-|-|\n|1|", "|a| |-|-| |1|"),
    ],
)
def test_tables_are_read_as_github_reads_them(table: str, text: str) -> None:
    assert read(table).sections[0].text == text


def text_of(text: str) -> str:
    return extract(text.encode(), "markdown").sections[0].text


@pytest.mark.parametrize("end", ["\n", "  \n", "<br>\n", "<br/>"])
@pytest.mark.parametrize("bullet", ["•", "▪", "–", "✔"])
def test_bullets_that_markdown_does_not_know_begin_items(bullet: str, end: str) -> None:
    text = end.join(f"{bullet} {item}" for item in ("**Rye** (1)", "Oat (2)"))
    assert text_of(f"Corn:\n\n{text}") == "Corn:\n\n- Rye (1)\n- Oat (2)"


def test_bullets_may_follow_a_line_and_their_items_may_be_wrapped() -> None:
    text = text_of("We grow\nthese:\n• Rye,\nwhich is sown late\n• Oat")
    assert text == "We grow these:\n- Rye, which is sown late\n- Oat"


def test_a_dash_at_the_beginning_of_a_line_is_no_bullet() -> None:
    assert text_of("We grow rye\n– and oat –\n– as always.") == "We grow rye – and oat – – as always."
