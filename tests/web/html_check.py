"""A page as its elements, and what must hold for each page of the dashboard."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
CLOSED_BY_ITSELF = {"path", "rect", "line", "circle", "polyline"}
UNLABELLED = {"hidden", "submit"}


@dataclass
class Element:
    """A tag with all that is in it; `text` is that of its descendants too."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: list["Element"] = field(default_factory=list)
    pieces: list["str | Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        joined = "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)
        return " ".join(joined.split())

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def walk(self) -> Iterator["Element"]:
        for child in self.children:
            yield child
            yield from child.walk()

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Descendants with this tag and these attributes; `class_` is one of the classes."""
        return [element for element in self.walk() if (not tag or element.tag == tag) and _fits(element, attributes)]

    def one(self, tag: str = "", **attributes: str) -> "Element":
        (found,) = self.all(tag, **attributes)
        return found


def _fits(element: Element, attributes: dict[str, str]) -> bool:
    for name, value in attributes.items():
        if name == "class_":
            if value not in element.get("class").split():
                return False
        elif element.attributes.get(name.replace("_", "-")) != value:
            return False
    return True


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.at = self.root
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        twice = [name for name, count in Counter(name for name, _ in attrs).items() if count > 1]
        self.faults += [f"<{tag}> has {name} twice" for name in twice]
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(element)
        self.at.pieces.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.at.tag != tag or self.at.parent is None:
            self.faults.append(f"</{tag}> within <{self.at.tag}>")
            return
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.pieces.append(data)


def read(html: str) -> Element:
    """The page. AssertionError for HTML that browsers would have to mend, or that some people could not use."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    faults = [*reader.faults, *_faults(reader.root)]
    if reader.at is not reader.root:
        faults.append(f"<{reader.at.tag}> is never closed")
    assert faults == [], html
    return reader.root


def _faults(page: Element) -> Iterator[str]:
    ids = Counter(element.get("id") for element in page.walk() if element.get("id"))
    yield from (f"id {name} stands {count} times" for name, count in ids.items() if count > 1)
    labels = {label.get("for") for label in page.all("label")}
    for element in page.walk():
        about = f"<{element.tag} {element.attributes}>"
        for name in ("style", *(name for name in element.attributes if name.startswith(("on", "hx-on")))):
            if name in element.attributes:
                yield f"{about} has {name}"
        for name in ("for", "aria-describedby", "aria-labelledby"):
            # What the dialog is named by comes with what is put into it.
            yield from (
                f"{about}: there is no {other}"
                for other in element.get(name).split()
                if other not in ids and element.tag != "dialog"
            )
        if element.tag == "style" or (element.tag == "script" and not element.get("src")):
            yield f"{about} is inline"
        is_hidden = element.get("type") in UNLABELLED or "hidden" in element.attributes
        is_entry = element.tag in {"input", "select", "textarea"} and not is_hidden
        if is_entry and not (element.get("aria-label") or element.get("id") in labels or _is_within(element, "label")):
            yield f"{about} has no label"
        if element.tag in {"a", "button"} and not (element.text or element.get("aria-label")):
            yield f"{about} says nothing"
        if element.tag == "form" and element.get("method") not in {"get", "post", "dialog"}:
            yield f"{about} has no method"
        if element.tag == "form" and _is_within(element, "form"):
            yield f"{about} is within another form"
    if page.all("html"):
        for tag in ("h1", "main", "title"):
            # Pictures have titles too.
            found = [element for element in page.all(tag) if not _is_within(element, "svg")]
            if len(found) != 1:
                yield f"there are {len(found)} {tag}"


def _is_within(element: Element, tag: str) -> bool:
    above = element.parent
    while above is not None and above.tag != tag:
        above = above.parent
    return above is not None
