"""Equations, diagrams and code of Word files, put as runs and paragraphs."""

import io
import warnings
from collections.abc import Mapping
from zipfile import ZipFile

from lxml import etree

from services.retrieval.ingest.extraction.docx_code import DocxStyles
from services.retrieval.ingest.extraction.omml import linear
from services.retrieval.ingest.extraction.package import read_xml
from services.retrieval.ingest.extraction.relations import targets

CODE, POINT = "ChatmountCode", "ChatmountPoint"
"""Styles of paragraphs that are code, and of the points of a diagram."""

_MAIN = "word/document.xml"
_NOTES = ("footnotes", "endnotes")
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def prepared(archive: ZipFile, content: bytes) -> io.BytesIO:
    """A copy of the file in which all of this is text like any other."""
    main = next(iter(targets(archive, "", "officeDocument").values()), _MAIN)
    notes = [part for role in _NOTES for part in targets(archive, main, role).values()]
    styles = DocxStyles(archive, main)
    changed: dict[str, bytes] = {}
    for name in (main, *notes):
        if name in archive.namelist():
            part = _Part(read_xml(archive, name))
            part.put_equations()
            part.put_diagrams(_points(archive, targets(archive, name, "diagramData")))
            part.mark_code(styles)
            if part.is_changed:
                changed[name] = etree.tostring(part.root)
    file = io.BytesIO(content)
    if changed:
        with warnings.catch_warnings(), ZipFile(file, "a") as copy:
            # Of two parts with one name, the last one counts.
            warnings.filterwarnings("ignore", "Duplicate name")
            for name, source in changed.items():
                copy.writestr(name, source)
        file.seek(0)
    return file


class _Part:
    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.is_changed = False
        # Files are in one of two namespaces, which differ in nothing else.
        self._namespace = etree.QName(root).namespace or _WORD

    def put_equations(self) -> None:
        """Equations become runs of text."""
        for equation in list(self.root.iter("{*}oMath")):
            run = self._run(linear(equation))
            run.tail = equation.tail
            equation.getparent().replace(equation, run)
            # What sets equations on a line of their own is passed over with all in it.
            around = run.getparent()
            if etree.QName(around).localname == "oMathPara":
                around.tag = f"{{{self._namespace}}}smartTag"
            self.is_changed = True

    def put_diagrams(self, points: Mapping[str, list[str]]) -> None:
        """The points of a diagram follow the paragraph that holds it."""
        for diagram in list(self.root.iter("{*}relIds")) if points else ():
            data = next((value for key, value in diagram.attrib.items() if key.endswith("}dm")), "")
            place = next(diagram.iterancestors("{*}p"), None)
            if place is None:
                continue
            for text in reversed(points.get(data, [])):
                paragraph = self._element("p")
                self._set_style(paragraph, POINT)
                paragraph.append(self._run(text))
                place.addnext(paragraph)
                self.is_changed = True

    def mark_code(self, styles: DocxStyles) -> None:
        """Paragraphs that are code get a style that says so."""
        for paragraph in styles.code_paragraphs(self.root):
            self._set_style(paragraph, CODE)
            self.is_changed = True

    def _run(self, text: str) -> etree._Element:
        run = self._element("r")
        written = self._element("t")
        written.text = text
        run.append(written)
        return run

    def _set_style(self, paragraph: etree._Element, name: str) -> None:
        properties = paragraph.find("{*}pPr")
        if properties is None:
            properties = self._element("pPr")
            paragraph.insert(0, properties)
        for style in properties.findall("{*}pStyle"):
            properties.remove(style)
        style = self._element("pStyle")
        style.set(f"{{{self._namespace}}}val", name)
        properties.insert(0, style)

    def _element(self, name: str) -> etree._Element:
        return etree.Element(f"{{{self._namespace}}}{name}")


def _points(archive: ZipFile, diagrams: Mapping[str, str]) -> dict[str, list[str]]:
    """The texts of diagrams, by the ids under which the text names them."""
    found: dict[str, list[str]] = {}
    for key, part in diagrams.items():
        if part in archive.namelist():
            points = read_xml(archive, part).iterfind("{*}ptLst/{*}pt/{*}t")
            texts = (" ".join("".join(paragraph.itertext("{*}t")) for paragraph in point) for point in points)
            found[key] = [text for text in texts if text.strip()]
    return found
