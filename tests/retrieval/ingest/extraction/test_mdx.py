"""MDX: what is code in it is no text, what its components say is."""

import pytest

from services.retrieval.ingest.extraction.document import Document, Section
from services.retrieval.ingest.reading import extract

PAGE = """---
title: 'The baker''s guide'
description: >-
  How dough
  is made.
---

import Box from '../parts/Box'
import {
  One,
  Two,
} from "./numbers";
export const oven = "Vesuvius";

export const Swatch = ({ colour, children }) => {
  const style = `a ${colour} {`;

  return <b style={{ color: colour }}>{children}</b>;
};

# The baker's guide

{/* ask Ada
    whether this is right */}

The oven {oven} is <Swatch colour="#fff">white</Swatch>, `{code}` and `<Tag />` stay.{" "}Here too.

<Hint>
  See [Ovens](/ovens) for **more**.

  ### Heat

  It takes 20 minutes.
</Hint>

<Answer question='May I "order" by phone?'>
  Yes, until noon.
</Answer>

<Tile title="Hours" icon={<Icon name="clock" />}>8 to 17</Tile>

<Tile
  title={`Far away`}
  onClick={() => show("a > b")}
  description="We deliver everywhere."
/>

<Tabs groups={['a', 'b']}>
  <Tab label="Rye">
    Knead it for **8 minutes**.

    - once
    - twice

    ```sh
    import x from 'y'
      ::: tip
    <Tile title="no heading">
    {/* stays */}
    ```
  </Tab>
</Tabs>

<div className="grid" style={{ display: "grid" }}>
  A *picture*: <img src={picture} alt="a loaf" />
</div>

See the
<Link to="/prices">prices</Link> of the
<Link to="/shops">shops</Link>
for more.

1. Mix.

   <Warning>
     Not too long.
   </Warning>

2. Bake. <Badge text="new" />

<table className="wide"><tr><th>Loaf</th><th>Price</th></tr><tr><td style={{ width: 1 }}>Rye</td><td>4</td></tr></table>
"""


@pytest.mark.parametrize("kind", ["mdx", "markdown"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_page_is_read_under_both_names(kind: str, line_end: str) -> None:
    assert extract(PAGE.replace("\n", line_end).encode(), kind) == Document(
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


def read(text: str, kind: str = "markdown") -> tuple[Section, ...]:
    return extract(text.encode(), kind).sections


def test_a_heading_reaches_as_far_as_the_component_that_it_is_in() -> None:
    text = "## Out\n\na\n\n<Card title='In'>\n## Deeper\n\nb\n</Card>\n\nc\n\n## Next\n\nd"
    assert read(text) == (
        Section(("Out",), "a"),
        Section(("Out", "In", "Deeper"), "b"),
        Section(("Out",), "c"),
        Section(("Next",), "d"),
    )


@pytest.mark.parametrize(
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
    assert read(text) == (Section((), text.replace("<ada.b@example.com>", "ada.b@example.com")),)


def test_indented_code_is_code_in_markdown_alone() -> None:
    text = "Run:\n\n    import x from 'y'\n    <Note>\n"
    assert read(text) == (Section((), "Run:\n\n    import x from 'y'\n    <Note>"),)
    assert read("Run:\n\n    the shop", "mdx") == (Section((), "Run:\n\nthe shop"),)


@pytest.mark.parametrize(
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
@pytest.mark.parametrize("kind", ["mdx", "markdown"])
def test_code_that_is_broken_costs_no_other_text(broken: str, kind: str) -> None:
    sections = read(f"Before.\n\n{broken}\n\nAfter.", kind)
    text = "\n".join(section.text for section in sections)
    assert "Before." in text
    assert "After." in text
    assert "\x02" not in text


def test_components_as_deep_as_one_likes_are_read() -> None:
    text = "".join(f'<A title="{number}">\n' for number in range(3000)) + "The end."
    (last, *_) = reversed(read(text, "mdx"))
    assert last.text.endswith("The end.")
    assert len(last.headings) < 20
