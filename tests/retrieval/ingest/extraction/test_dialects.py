"""Dialects of Markdown: MkDocs, Material, Docusaurus, VitePress and others."""

from services.retrieval.ingest.extraction.document import Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import sections

NOTE = (Section(("Limits",), "At most 30 loaves."), Section((), "After."))


@for_each(
    "note",
    [
        '!!! warning "Limits"\n    At most 30 loaves.\n',
        '!!! warning inline end "Limits"\n\n    At most 30 loaves.\n',
        '???+ note "Limits"\n\tAt most 30 loaves.\n',
        '=== "Limits"\n\n    At most 30 loaves.\n',
        ":::caution[Limits]\nAt most 30 loaves.\n:::\n",
        "::: tip Limits\nAt most 30 loaves.\n:::\n",
        ":::tip[**Limits**]\nAt most 30 loaves.\n:::\n",
        '!!! note "[`Limits`](x.md)"\n    At most 30 loaves.\n',
        '::::: {.callout-tip title="Limits"}\nAt most 30 loaves.\n:::::\n',
        ":::{note} Limits\n:class: wide\nAt most 30 loaves.\n:::\n",
        "/// details | Limits\n    type: warning\n\nAt most 30 loaves.\n///\n",
        '//// tab | "Limits"\nAt most 30 loaves.\n////\n',
        '{% tab title="Limits" %}\nAt most 30 loaves.\n{% endtab %}\n',
        '{{< notice tip "Limits" >}}\nAt most 30 loaves.\n{{< /notice >}}\n',
    ],
)
@for_each("line_end", ["\n", "\r\n"])
def test_a_note_is_text_under_its_title(note: str, line_end: str) -> None:
    assert sections((note + "\nAfter.").replace("\n", line_end)) == NOTE


@for_each(
    "note",
    [
        "!!! note\n    Text.",
        '!!! tip ""\n    Text.',
        ":::note\nText.\n:::",
        "::: raw\nText.",
        "/// note\nText.\n///",
        "> [!NOTE]\n> Text.",
        "> \\[!TIP]-\n> Text.",
        '{% hint style="info" %}\nText.\n{% endhint %}',
        '--8<-- "parts/head.md"\nText.\n{!../parts/foot.md!}',
        "--8<--\na.md\nb.md\n--8<--\nText.",
        "[[toc]]\n\nText.\n{: .wide #one }\n\n[TOC]\n\n<<< @/parts/x.js{2}",
        "```python\n--8<-- 'x.py:part'\n```\nText.\n\n```Python hl_lines='3'\n{!> ../x.py!}\n```",
        "::: shop.oven.Oven\n    options:\n      show: true\n\nText.",
    ],
)
def test_signs_are_no_text(note: str) -> None:
    assert sections(note) == (Section((), "Text."),)


def test_notes_stand_in_each_other_and_in_lists() -> None:
    text = (
        '??? question "Why?"\n    Because.\n\n    === "Linux"\n\n        ```sh\n        !!! run\n        ```\n\n'
        '    === "Windows"\n        Click.\n\n'
        '1. One\n\n    !!! note "Mind"\n        The gap.\n\n    More.\n\n2. Two\n\n'
        "::::tip[Outer]\n:::note[Inner]\nDeep.\n:::\nShallow.\n::::\nOut.\n"
    )
    assert sections(text) == (
        Section(("Why?",), "Because."),
        Section(("Why?", "Linux"), "    !!! run"),
        Section(("Why?", "Windows"), "Click."),
        Section((), "1. One\nMind\nThe gap.\nMore.\n2. Two"),
        Section(("Outer", "Inner"), "Deep."),
        Section(("Outer",), "Shallow."),
        Section((), "Out."),
    )


@for_each("fence", ["```", "~~~~", "```md", "````python"])
def test_code_stays_as_it_is(fence: str) -> None:
    code = "import x from 'y'\n::: tip\n!!! note\n    /// a\n:::\n{.x}"
    closing = fence.rstrip("abcdefghijklmnopqrstuvwxyz")
    indented = "\n".join("    " + line for line in code.split("\n"))
    assert sections(f"{fence}\n{code}\n{closing}\n") == (Section((), indented),)
    assert sections(f"Run:\n\n{indented}\n\nEnd.") == (Section((), f"Run:\n\n{indented}\n\nEnd."),)


def test_an_include_is_shown_in_a_block_about_markdown() -> None:
    assert sections('```md\n--8<-- "x.md"\n```') == (Section((), '    --8<-- "x.md"'),)


@for_each(
    "text",
    ["!!! do not open the oven !!!", "!!! wait for it", "::", "a ::: b", "=== three", "/// one two three", "{ x }"],
)
def test_prose_with_such_signs_is_prose(text: str) -> None:
    assert sections(f"{text}\n\nText.") == (Section((), f"{text}\n\nText."),)


def test_lists_of_attributes_and_icons_are_no_text() -> None:
    text = "[Go](x){ .button } ![An oven](y.png){ width=30 } :material-check: and `a{.b}` or `c`{.d}, f(x){ y }"
    assert sections(text) == (Section((), "Go An oven and a{.b} or c, f(x){ y }"),)
