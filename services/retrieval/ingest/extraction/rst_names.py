"""Directives and roles of Sphinx and its themes, which docutils does not know.

Their text is kept.
"""

import re
from collections.abc import Mapping
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles

_DIRECTIVE = re.compile(r"^[ \t]*\.\. (?:\|[^|\n]{1,200}\| )?([\w:.+-]{1,80})::(?=\s|$)", re.MULTILINE)
_ROLE = re.compile(r":([a-zA-Z][\w:.+-]{0,80}):`|`:([a-zA-Z][\w:.+-]{0,80}):")
_SUBSTITUTION = re.compile(r"^[ \t]*\.\. \|([^|\n]{1,200})\|(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_SUBSTITUTED = re.compile(r"\|([^|]{1,200})\|")
_TARGET = re.compile(r"([^<]+?)\s*<[^<>]*>")
_KEYS = re.compile(r"\s*-->\s*")

# Lists of files, names for an index, what is made of code or files that are not here, and pictures.
_LEFT_OUT_NAMES = """
toctree index highlight currentmodule module py:module py:currentmodule default-domain tabularcolumns automodule
autoclass autofunction automethod autoattribute autodata autoexception autosummary literalinclude include raw program
sectionauthor codeauthor graphviz digraph graph inheritance-diagram mermaid plantuml doxygenclass doxygenfunction jinja
click argparse testsetup testcleanup plot contents bibliography meta
"""
_LEFT_OUT = frozenset(_LEFT_OUT_NAMES.split())
_CODE = frozenset(("code", "code-block", "sourcecode", "testcode", "testoutput", "prompt", "doctest", "productionlist"))
_PICTURES = frozenset(("image", "figure"))
_CHANGES = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "versionremoved": "Removed in version",
    "deprecated": "Deprecated since version",
}
# Their argument is a condition or a number, and no text.
_NO_TITLE = frozenset(("only", "ifconfig", "hlist", "grid", "grid-item", "tab-set", "math", "container", "div"))
_DEFINING = re.compile(
    r"(?:(?:py|c|cpp|js|rst|std|http|php|rb|go):)?(?:function|class|method|attribute|data|exception|decorator|property|"
    r"staticmethod|classmethod|option|cmdoption|envvar|confval|describe|object|macro|type|var|member|struct|enum|"
    r"enumerator|union|setting|get|post|put|patch|delete)"
)
# Left to docutils. It knows more, but gives up where those have options of Sphinx.
_KNOWN_DIRECTIVE_NAMES = """
admonition attention caution class compound container csv-table danger date default-role epigraph error footer header
highlights hint important line-block list-table note parsed-literal pull-quote replace role rubric sectnum sidebar table
tip title topic unicode warning
"""
_KNOWN_DIRECTIVES = frozenset(_KNOWN_DIRECTIVE_NAMES.split())
_KNOWN_ROLE_NAMES = """
emphasis strong literal code math sub sup subscript superscript title-reference title t pep pep-reference rfc
rfc-reference abbreviation acronym
"""
_KNOWN_ROLES = frozenset(_KNOWN_ROLE_NAMES.split())


class _AnyOption(dict[str, Any]):
    """Options of every name."""

    def __missing__(self, name: str) -> Any:
        return directives.unchanged

    def __bool__(self) -> bool:
        return True


class _Kept(Directive):
    """A directive of which the text matters."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOption()

    def run(self) -> list[nodes.Node]:
        """The text: that of the argument where it is a title or a term, and the content."""
        name = self.name.lower()
        argument = " ".join(self.arguments[0].split()) if self.arguments else ""
        if name in _LEFT_OUT:
            return []
        if name in _CODE:
            text = "\n".join(self.content)
            return [nodes.literal_block(text, text)] if text.strip() else []
        if name == "math":
            text = " ".join([argument, *self.content]).strip()
            return [nodes.paragraph("", text)] if text else []
        if name in _PICTURES:
            picture = nodes.image(uri="picture", alt=self.options.get("alt", ""))
            return [picture, *self._content()]
        if name in _CHANGES:
            version, _, more = argument.partition(" ")
            return [*self._paragraph(f"{_CHANGES[name]} {version}{': ' if more else '.'}{more}"), *self._content()]
        if _DEFINING.fullmatch(name):
            meaning = nodes.definition("", *self._content())
            return [nodes.definition_list("", nodes.definition_list_item("", nodes.term("", argument), meaning))]
        return [*self._paragraph("" if name in _NO_TITLE else argument), *self._content()]

    def _content(self) -> list[nodes.Node]:
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return list(holder.children)

    def _paragraph(self, text: str) -> list[nodes.Node]:
        if not text:
            return []
        parsed, _ = self.state.inline_text(text, self.lineno)
        return [nodes.paragraph(text, "", *parsed)]


def expansions(text: str) -> int:
    """How many substitutions there are in a text once those within substitutions are replaced.

    RecursionError where they are nested too deep.
    """
    inner: dict[str, list[str]] = {}
    for match in _SUBSTITUTION.finditer(text):
        inner[_folded(match[1])] = [_folded(one) for one in _SUBSTITUTED.findall(match[2])]
    counts: dict[str, int] = {}

    def count(name: str) -> int:
        if name not in counts:
            # docutils refuses those that hold themselves.
            counts[name] = 0
            counts[name] = 1 + sum(map(count, inner.get(name, ())))
        return counts[name]

    return sum(count(_folded(one)) for one in _SUBSTITUTED.findall(text))


def _folded(name: str) -> str:
    return " ".join(name.lower().split())


def know_names(text: str) -> None:
    """Has the directives and roles in a text known. Only the text that they hold has a meaning."""
    for match in _DIRECTIVE.finditer(text):
        name = match[1].lower()
        if name not in _KNOWN_DIRECTIVES:
            directives.register_directive(name, _Kept)
    for match in _ROLE.finditer(text):
        name = (match[1] or match[2]).lower()
        if name not in _KNOWN_ROLES:
            roles.register_local_role(name, _role)


def _role(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: Mapping[str, Any] | None = None,
    content: Any = (),
) -> tuple[list[Any], list[Any]]:
    """What is seen of a role: the title of a link, the last name of a path that begins with `~`."""
    text = text.replace("\x00", "")
    if match := _TARGET.fullmatch(text):
        text = match[1]
    elif text.startswith("~"):
        text = text.rpartition(".")[2].lstrip("~")
    else:
        text = text.lstrip("!")
    return [nodes.inline(rawtext, _KEYS.sub(" > ", text))], []
