"""PDF files, written by hand: type at places on pages, and what is wrong with some of them."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842
FONTS = {"plain": "Helvetica", "bold": "Helvetica-Bold"}
TURNS = {
    0: b"",
    90: b"0 1 -1 0 %d 0 cm\n" % HEIGHT,
    180: b"-1 0 0 -1 %d %d cm\n" % (WIDTH, HEIGHT),
    270: b"0 -1 1 0 0 %d cm\n" % WIDTH,
}
PIXEL = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"

SHAPES = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /Shapes /Encoding /Identity-H /DescendantFonts [8 0 R] >>",
    b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Shapes /FontDescriptor 9 0 R /DW 600"
    b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
    b"<< /Type /FontDescriptor /FontName /Shapes /Flags 4 /FontBBox [0 -200 900 800] /ItalicAngle 0 /Ascent 800"
    b" /Descent -200 /CapHeight 700 /StemV 80 >>",
)
"""The font `shapes`: its characters are drawn, and nothing says which they are."""

ARABIC = {"s": "س", "l": "ل", "m": "م", "a": "ا", "L": "لا", "G": "الله"}
"""What the characters of the font `arabic` mean; lines are given from left to right, as they are drawn."""
_MEANINGS = "\n".join(f"<{ord(key):02x}> <{letters.encode('utf-16-be').hex()}>" for key, letters in ARABIC.items())
_MAP = (
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
    f"1 begincodespacerange <00> <ff> endcodespacerange {len(ARABIC)} beginbfchar\n{_MEANINGS}\nendbfchar\n"
    "endcmap end end"
).encode()
LETTERS = (
    b"<< /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding /BaseFont /Helvetica /ToUnicode 11 0 R >>",
    b"<< /Length %d >>\nstream\n%s\nendstream" % (len(_MAP), _MAP),
)
"""The font `arabic`, of which some characters are two letters and more."""


@dataclass(frozen=True)
class Text:
    """A line of type; `down` counts points from the upper edge of the page to its base line."""

    text: str
    down: float
    left: float = 72
    size: float = 11
    font: str = "plain"


def paragraph(lines: Sequence[str], down: float, left: float = 72, leading: float = 14) -> list[Text]:
    """Lines below each other, set in the type of the body."""
    return [Text(line, down + number * leading, left) for number, line in enumerate(lines)]


def pdf(*pages: Sequence[Text], title: str = "", picture: bool = False, rotation: int = 0) -> bytes:
    """A whole file.

    `picture`: every page is covered by one. `rotation`: pages are shown turned, as they are read.
    """
    fonts = b" ".join(b"/%s %d 0 R" % (name.encode(), number) for number, name in enumerate(FONTS, 4))
    resources = b"<< /Font << %s /shapes 7 0 R /arabic 10 0 R >> /XObject << /picture 6 0 R >> >>" % fonts
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Title (%s) >>" % _escaped(title)]
    objects += [
        b"<< /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding /BaseFont /%s >>" % one.encode()
        for one in FONTS.values()
    ]
    objects += [PIXEL + b"\nstream\n\x80\nendstream", *SHAPES, *LETTERS]
    kids = []
    for texts in pages:
        drawn = b"q %d 0 0 %d 0 0 cm /picture Do Q\n" % (WIDTH, HEIGHT) if picture else b""
        # What is drawn is turned the other way, so that the page is upright where it is looked at.
        drawn += TURNS[rotation] + b"\n".join(map(_shown, texts))
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        box = b"[0 0 %d %d]" % ((HEIGHT, WIDTH) if rotation in (90, 270) else (WIDTH, HEIGHT))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Rotate %d /Resources %s /Contents %d 0 R >>"
            % (box, rotation, resources, len(objects))
        )
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    return assembled(objects, b"/Root 1 0 R /Info 3 0 R")


def assembled(objects: Sequence[bytes], trailer: bytes) -> bytes:
    """A file of numbered objects, with the table that says where they stand."""
    content = bytearray(b"%PDF-1.7\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, table)
    return bytes(content)


def encrypted() -> bytes:
    """A file that opens with a password alone: whatever is tried, no key fits."""
    trailer = b"/Root 1 0 R /ID [<00> <00>] /Encrypt 3 0 R"
    lock = b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%s> /U <%s> >>" % (b"11" * 32, b"22" * 32)
    return assembled([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 0 /Kids [] >>", lock], trailer)


def _shown(text: Text) -> bytes:
    place = b"1 0 0 1 %.2f %.2f Tm" % (text.left, HEIGHT - text.down)
    # Numbers of shapes are in the order of the letters, but not those of letters.
    shapes = "".join(f"{ord(character) - 29:04x}" for character in text.text) if text.font == "shapes" else ""
    said = b"<%s>" % shapes.encode() if shapes else b"(%s)" % _escaped(text.text)
    return b"BT /%s %.2f Tf %s %s Tj ET" % (text.font.encode(), text.size, place, said)


def _escaped(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
