"""Texts whose construct is repeated or nested as often as a size allows.

Each has cost, or could cost, more than its length.
"""

from tests.retrieval.ingest.extraction.extracted import page

SIZE = 64 * 1024
KNOWN = (
    "html: <h1>x",
    "html: <dl><dt>x<dd>",
    "html: <div class=nav>x",
    'markdown: "',
    "markdown: a wide head over many rows",
    'plain: "',
    "csv: 609 bytes of quotes",
    "csv: quotes to the end",
    "markdown: brackets behind the name of a file",
    "markdown: blanks in a note",
    "mdx: escaped backticks behind a brace",
    "mdx: blanks in an export",
)
"""What has once held the whole service."""


def _composed(size: int) -> dict[str, dict[str, str]]:
    def many(count: int) -> int:
        return count * size // SIZE

    def deep(count: int) -> int:
        return int(count * (size / SIZE) ** 0.5)

    return {
        "html": {
            "h1s, then many empty elements": "<h1>" * many(4000) + "<b></b>" * many(6000),
            "named blocks around many elements": "<div id=nav>" * many(2000) + "<h2>" + "<b></b>" * many(5000),
            "links under blocks": "<div>" * 200 + "<a href=/>x</a>" * many(4000),
            "a list under spans": "<span>" * 190 + "<ul>" + "<li>x" * many(12_000),
            "a list deep in lists": "<ul><li>" * 190 + "<ul>" + "<li>x" * many(12_000),
            "tables deep in tables": "<table><tr><td>" * 190 + "<td>x" * many(12_000),
            "rows that reach down": "<table><tr><td colspan=100 rowspan=100>x<td colspan=100 rowspan=100>y"
            + "<tr>" * many(16_000),
            "a long head over short rows": "<table><tr><th>" + "x" * many(30_000) + "<tr><td>a" * many(4000),
            "a wide head over short rows": "<table><tr>" + "<th>x" * many(5000) + "<tr><td>a" * many(4000),
            "a long cell that reaches down": "<table>" + f"<tr><td rowspan=100>{'x' * 600}<td>y{'<tr>' * 99}" * 60,
            "a list with many lists in an item": "<ul><li>" + "<ul></ul>" * many(7000),
            "many attributes": "<p " + " ".join(f"a{number}=1" for number in range(many(8000))) + ">x",
            "many classes": "<p class='" + "nav-x " * many(10_000) + "'>x",
            "a long class": "<p class='" + "nav-" * many(16_000) + "'>x",
            "a long style": "<p style='" + "display" * many(9000) + "'>x",
            "a long id": "<div id='" + "nav" * many(20_000) + "'><h2>" + "nav" * 100,
            "many open tags, many closed": "<b>" * many(8000) + "</i>" * many(8000),
            "many ids that unfold": "<b aria-controls='" + "a " * many(10_000) + "'>" + "<p hidden id=a>x" * many(2000),
            "a deep list of terms": "<dl>" * 250 + "<dt>x<dd>y" * many(5000),
            "blanks in front": " " * many(60_000) + "<p>x",
            "separators in a title": "<title>" + "a - " * many(15_000) + "</title><p>x",
            "an accent among many": "<p>" + "a " * many(30_000) + "\udce9",
        },
        "markdown": {
            "a wide head over many rows": "|h" * 100 + "\n" + "|-" * 100 + "\n" + "|a\n" * many(20_000),
            "a head as wide as the table is long": "|h" * many(5000)
            + "\n"
            + "|-" * many(5000)
            + "\n"
            + "|a\n" * many(14_000),
            "a long head over many rows": "|" + "h" * many(20_000) + "\n|-\n" + "|a\n" * many(14_000),
            "nested quotes": "".join(">" * depth + " a\n" for depth in range(deep(350))),
            "nested lists": "".join("  " * depth + "- a\n" for depth in range(deep(250))),
            "nested quotes, then lines": ">" * 200 + "a\n" + "a\n" * many(20_000),
            "lists within quotes": "".join("> " * depth + "- a\n" for depth in range(deep(250))),
            "growing backticks": " ".join("`" * count for count in range(deep(350))),
            "growing stars": "a".join("*" * count for count in range(deep(350))),
            "growing brackets": "[a" * 200 + "](b" * 200,
            "unclosed brackets with references": "[a]: b\n\n" + "[a" * many(20_000),
            "links in brackets": "[" * many(10_000) + "a](b)" * many(5000),
            "front matter that never ends": "---\n" + "a: b\n" * many(12_000),
            "html in paragraphs": "a <b>" * many(12_000),
            "one html block": "<div>\n" + "<p>x\n" * many(12_000),
            "h1s in html": "<div>" + "<h1>x" * many(12_000),
            "one long line of cells": "|" * many(60_000) + "\n|-|\n",
            "a table in a list": "- |h|h|\n  |-|-|\n" + "  |a\n" * many(10_000),
            "blank lines in a list": "- a\n" + "\n" * many(60_000) + "  b",
            "code in a list": "- a\n\n" + "      b\n\n" * many(7000),
            "brackets behind the name of a file": "[!code" + "[" * many(20_000) + "(" * many(20_000),
            "many parts in a tag": "{% " + "a-" * many(30_000) + "\n{% enda %}",
            "many parts in a short code": "{{< " + "a/" * many(30_000) + "\n{{< /a >}}",
            "blanks behind the title of a tag": '{% a "b"' + " " * many(60_000) + "! %}\n{% enda %}",
            "quotes in a tag": "{% a" + ' "' * many(30_000) + " %}\n{% enda %}",
            "many words in a note": "!!! " + "a " * many(30_000) + "!",
            "blanks in a note": "!!! a" + " " * many(60_000) + "!",
            "many dots in the name of a file": "{* " + "a." * many(30_000),
            "blanks in a tab": '=== "a"' + " " * many(60_000) + "!",
            "notes in notes": "".join("    " * depth + "!!! a\n" for depth in range(deep(170))),
        },
        "mdx": {
            "escaped backticks behind a brace": "{" + "\\`" * many(30_000),
            "escaped quotes behind a brace": "{" + '\\"' * many(30_000),
            "quotes and braces by turns": "{\\`}" * many(8000) + "{\\'}" * many(8000),
            "comments that never end": "{/*}" * many(16_000),
            "a long name in an export": "export class " + "a" * many(60_000),
            "a long type in an export": "export type " + "a" * many(60_000),
            "blanks in an export": "export function" + " " * many(60_000) + "!",
            "blanks behind an export": "export default a" + " " * many(60_000) + "!",
            "a long name behind an import": "import " + "a" * many(60_000),
            "blanks behind an import": "import a" + " " * many(60_000) + "!",
            "nested components": "<A>\n" * many(8000) + "a\n" + "</A>\n" * many(4000),
            "components on a line": "<A>a" * many(8000) + "</B>" * many(8000),
            "braces in braces": "{" * many(30_000) + "}" * many(30_000),
            "tags in attributes": "<A b={" * many(8000) + "}>" * many(8000),
        },
        "plain": {
            "a word of one letter at the end": "a" * many(60_000) + ". A",
            "stops after a long word": "a" * many(30_000) + ".a" * many(15_000),
            "one line, then headings": "Title\n" + "x" * 54 + "\n" * 2 + "A\n\n" * many(15_000),
            "blanks before a line": " " * many(60_000) + "a.",
            "blanks within a line": "a" + " " * many(60_000) + "b.",
            "blank lines with blanks": "a\n" + (" " * 200 + "\n") * 300 + "b",
            "code with blanks at its end": "    a" + " " * many(60_000),
        },
        "csv": {
            "609 bytes of quotes": ',"a",\n' + '"' * 602 + "x",
            "quotes to the end": ',"a",\n' + '"' * many(60_000) + "x",
            "a long head over short rows": "a," + "h" * many(30_000) + "\n" + ",a\n" * many(11_000),
            "a wide head over short rows": "h," * many(16_000) + "\n" + "a,b\n" * many(8000),
            "rows that grow": "\n".join("," * count for count in range(deep(350))),
            "a cell of lines": '"' + "a\n" * many(30_000) + '"',
        },
        "rst": {
            "nested lists": "".join("  " * depth + "- a\n\n" for depth in range(deep(90))),
            "nested quotes": "".join("  " * depth + "a\n\n" for depth in range(deep(90))),
            "open marks": "*a `b |c " * many(4000),
            "closed marks": "*a* `b`_ |c| :d:`e` " * many(1200),
            "titles": "a\n=\n\n" * many(3000),
            "directives": ".. a::\n\n   b\n\n" * many(1500),
            "substitutions of substitutions": "".join(
                f".. |{name}| replace:: {f'|{inner}| ' * 20}\n" for name, inner in zip("bcdefg", "abcdef", strict=True)
            )
            + "\n|g|",
            "blanks in front of colons": ".. " + " " * many(60_000) + "a::",
            "one long line": "a" * many(60_000),
            "lines of a table": "=== ===\n" + "a   b\n" * many(8000) + "=== ===\n",
        },
        "vtt": {
            "cues that roll": "00:01.000 --> 00:02.000\na\nb\n\n" * many(1800),
            "a cue of many lines": "00:01.000 --> 00:02.000\n" + "a\n" * many(30_000),
            "open tags": "00:01.000 --> 00:02.000\n" + "<v " * many(20_000),
            "open brackets": "00:01.000 --> 00:02.000\n" + "[" * many(60_000),
            "sounds": "00:01.000 --> 00:02.000\n" + "[a] " * many(15_000) + "!",
        },
        "srt": {
            "digits before colons": "1" * many(60_000) + ":00:01,000 --> 00:00:02,000\na",
            "braces": "1\n00:00:01,000 --> 00:00:02,000\n" + "{\\" * many(30_000),
        },
        "tsv": {
            "quotes to the end": '\t"a"\t\n' + '"' * many(60_000) + "x",
            "a long head over short rows": "a\t" + "h" * many(30_000) + "\n" + "\ta\n" * many(11_000),
            "rows that grow": "\n".join("\t" * count for count in range(deep(350))),
        },
    }


def hostile_texts(size: int = SIZE) -> dict[str, tuple[str, bytes]]:
    """Kind and content by name; none is larger than `size` bytes.

    Constructs that are to be repeated stand in a file.
    """
    texts = {}
    for line in page("hostile.tsv").splitlines():
        kind, escaped = line.split("\t")
        construct = escaped.encode().decode("unicode_escape")
        texts[f"{kind}: {construct}"] = (kind, (construct * (size // len(construct.encode()))).encode())
    attribute = "<p " + " ".join(f"a{number}=1" for number in range(size // 9)) + ">x"
    texts["html: attributes"] = ("html", attribute.encode()[:size])
    for kind, wholes in _composed(size).items():
        texts |= {
            f"{kind}: {name}": (kind, text.encode("utf-8", "surrogateescape")[:size]) for name, text in wholes.items()
        }
    return texts
