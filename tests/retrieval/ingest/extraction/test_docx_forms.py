"""Word files: what they hold in forms of their own, such as equations, check boxes and diagrams."""

from services.retrieval.ingest.extraction.document import Document, Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.docx_files import WORD, docx, paragraph, relations, run, table
from tests.retrieval.ingest.extraction.extracted import document, text_of

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
DIAGRAM = 'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
PLACED = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
RELATED = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
LATER = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
PROSE = "The oven of the bakery is lit at four, and the loaves go in when it is hot enough for them."


def math(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def part(tag: str, properties: str = "", **parts: str) -> str:
    inner = "".join(f"<m:{name}>{content}</m:{name}>" for name, content in parts.items())
    return f"<m:{tag}><m:{tag}Pr>{properties}</m:{tag}Pr>{inner}</m:{tag}>"


def character(name: str, value: str) -> str:
    return f'<m:{name} m:val="{value}"/>'


SQUARE = part("sSup", e=math("b"), sup=math("2"))
ROOT = part("rad", '<m:degHide m:val="1"/>', deg="", e=SQUARE + math("-4ac"))
CELLS = f"<m:mr><m:e>{math('1')}</m:e><m:e>{math('2')}</m:e></m:mr>"


@for_each(
    ("equation", "text"),
    [
        (math("\U0001d465=") + part("f", num=math("-b±") + ROOT, den=math("2a")), "x=(-b±√(b^2-4ac))/2a"),
        (part("f", character("type", "noBar"), num=math("n"), den=math("k")), "(n¦k)"),
        (part("rad", deg=math("3"), e=math("8")) + math("+") + part("rad", deg=math("n"), e=math("x")), "∛(8)+√(n&x)"),
        (
            part(
                "nary",
                character("chr", "∑"),
                sub=math("i=1"),
                sup=math("n"),
                e=part("sSub", e=math("x"), sub=math("i")),
            ),
            "∑_(i=1)^n x_i",
        ),
        (part("nary", sub=math("0"), sup=math("1"), e=math("f(x)dx")), "∫_0^1 f(x)dx"),
        (part("d", character("begChr", "[") + character("endChr", "]"), e=math("a,b")), "[a,b]"),
        (part("d", '<m:sepChr m:val=";"/>', e=math("a")).replace("</m:d>", f"<m:e>{math('b')}</m:e></m:d>"), "(a;b)"),
        (part("func", fName=math("sin"), e=math("x")), "sin x"),
        (part("limLow", e=math("lim"), lim=math("x→0")) + math("x"), "lim_(x→0) x"),
        (part("sSubSup", e=math("a+b"), sub=math("1"), sup=math("2")), "(a+b)_1^2"),
        (part("acc", character("chr", "\u0307"), e=math("x")) + f"<m:m>{CELLS}{CELLS}</m:m>", "x\u0307[1, 2; 1, 2]"),
        (f"<m:eqArr><m:e>{math('x=1')}</m:e><m:e>{math('y=2')}</m:e></m:eqArr>", "x=1; y=2"),
    ],
)
def test_an_equation_is_text_in_its_sentence(equation: str, text: str) -> None:
    alone = f"<m:oMath {MATH}>{equation}</m:oMath>"
    for whole in (alone, f"<m:oMathPara {MATH}>{alone}</m:oMathPara>"):
        assert text_of(docx(paragraph(run("So ") + whole + run(" holds."))), "docx") == f"So {text} holds."


def test_an_equation_that_is_nested_too_deep_is_cut() -> None:
    deep = "<m:d><m:e>" * 100 + math("x") + "</m:e></m:d>" * 100
    assert text_of(docx(paragraph(run("So ") + f"<m:oMath {MATH}>{deep}</m:oMath>")), "docx").startswith("So ((((")


def test_an_equation_in_a_note_is_read() -> None:
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    note = f'<w:footnote w:id="2">{paragraph(f"<m:oMath {MATH}>{SQUARE}</m:oMath>")}</w:footnote>'
    named = relations(("styles", "styles.xml"), ("footnotes", "footnotes.xml"))
    parts = {"word/footnotes.xml": f"<w:footnotes {WORD}>{note}</w:footnotes>", "word/_rels/document.xml.rels": named}
    assert text_of(docx(paragraph(run("See") + mark), parts=parts), "docx") == "See\n\n1. b^2"


def control(checked: str) -> str:
    state = f"<w14:checkbox>{f'<w14:checked w14:val={checked!r}/>' if checked else ''}</w14:checkbox>"
    return f"<w:sdt {LATER}><w:sdtPr>{state}</w:sdtPr><w:sdtContent>{run('☒')}</w:sdtContent></w:sdt>"


def field(state: str) -> str:
    kinds = ("begin", "separate", "end")
    begin, middle, end = (f'<w:r><w:fldChar w:fldCharType="{kind}">{{}}</w:fldChar></w:r>' for kind in kinds)
    data = f"<w:ffData><w:checkBox>{state}</w:checkBox></w:ffData>"
    instruction = "<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>"
    return begin.format(data) + instruction + middle.format("") + end.format("")


@for_each(
    ("box", "sign"),
    [
        (control("1"), "☒"),
        (control("0"), "☐"),
        (control(""), "☐"),
        (field('<w:default w:val="1"/>'), "☒"),
        (field('<w:default w:val="1"/><w:checked w:val="0"/>'), "☐"),
        (field("<w:checked/>"), "☒"),
    ],
)
def test_a_check_box_says_whether_it_is_checked(box: str, sign: str) -> None:
    assert text_of(docx(paragraph(box + run("Rye") + box + run(" Wheat"))), "docx") == f"{sign} Rye {sign} Wheat"


def test_the_points_of_a_diagram_follow_its_paragraph() -> None:
    graphic = (
        f'<a:graphic {DRAWING}><a:graphicData><dgm:relIds {DIAGRAM} {RELATED} r:dm="r1"/></a:graphicData></a:graphic>'
    )
    shown = f"<w:r><w:drawing><wp:inline {PLACED}>{graphic}</wp:inline></w:drawing></w:r>"
    texts = ("Weigh", "Knead & wait", "", "Bake")
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text.replace('&', '&amp;')}</a:t></a:r></a:p></dgm:t></dgm:pt>"
        for text in texts
    )
    model = f"<dgm:dataModel {DIAGRAM} {DRAWING}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>"
    parts = {
        "word/_rels/document.xml.rels": relations(("styles", "styles.xml"), ("diagramData", "diagrams/data1.xml")),
        "word/diagrams/data1.xml": model,
    }
    content = docx(paragraph("The way of a loaf"), paragraph(shown), paragraph("Then it is sold."), parts=parts)
    assert text_of(content, "docx") == "The way of a loaf\n\n- Weigh\n- Knead & wait\n- Bake\n\nThen it is sold."


def typed(text: str, font: str = "Courier New") -> str:
    return f'<w:r><w:rPr><w:rFonts w:ascii="{font}"/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


CODE_STYLES = (
    '<w:style w:type="paragraph" w:styleId="Base"><w:name w:val="Listing text"/>'
    '<w:rPr><w:rFonts w:ascii="Consolas"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Shell"><w:name w:val="Shell"/><w:basedOn w:val="Base"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Source"><w:name w:val="Source Code"/></w:style>'
    '<w:style w:type="character" w:styleId="Typed"><w:name w:val="Typed"/>'
    '<w:rPr><w:rFonts w:ascii="DejaVu Sans Mono"/></w:rPr></w:style>'
)


@for_each(
    ("first", "second", "is_code"),
    [
        (paragraph(typed("for x in y:")), paragraph(typed("    bake(x)")), True),
        (paragraph("for x in y:", "Shell"), paragraph("    bake(x)", "Shell"), True),
        (paragraph("for x in y:", "Source"), paragraph("    bake(x)", "Source"), True),
        (
            paragraph(
                typed("for x in y:").replace("w:rFonts w:ascii=", "w:rStyle w:val=").replace("Courier New", "Typed")
            ),
            paragraph(typed("    ") + typed("bake(x)")),
            True,
        ),
        (paragraph(typed("for x in y:", "Arial")), paragraph(typed("    bake(x)", "Arial")), False),
        (paragraph(run("for ") + typed("x in y:")), paragraph(run("    ") + typed("bake(x)") + run("!")), False),
    ],
)
def test_paragraphs_in_a_monospaced_type_are_code(first: str, second: str, is_code: bool) -> None:
    content = docx(
        paragraph(PROSE), first, second, parts={"word/styles.xml": f"<w:styles {WORD}>{CODE_STYLES}</w:styles>"}
    )
    code = f"{PROSE}\n\n    for x in y:\n        bake(x)"
    assert (text_of(content, "docx") == code) == is_code
    assert "bake(x)" in text_of(content, "docx")


def test_a_text_that_is_all_monospaced_is_no_code() -> None:
    content = docx(paragraph(typed(PROSE)), paragraph(typed(PROSE)), paragraph(run("Rye.")))
    assert text_of(content, "docx") == f"{PROSE}\n\n{PROSE}\n\nRye."


def test_a_list_in_a_cell_is_told_apart_item_by_item() -> None:
    items = "".join(paragraph(item, numbering=0) for item in ("rye", "spelt", "oats."))
    content = docx(table((("Loaf", "Holds", "Price"), ("Dark", items, "4"))))
    assert text_of(content, "docx") == "Loaf: Dark; Holds: rye, spelt, oats.; Price: 4"


def test_a_single_cell_is_a_frame_around_what_is_in_it() -> None:
    inside = paragraph("Before you begin:") + "".join(paragraph(item, numbering=1) for item in ("Wash", "Dry"))
    assert text_of(docx(table([[inside]])), "docx") == "Before you begin:\n\n1. Wash\n2. Dry"


@for_each("style", ["Title", "berschrift1"])
def test_a_file_with_a_heading_alone_says_what_that_says(style: str) -> None:
    said = "Closed on Mondays"
    assert document(docx(paragraph(said, style)), "docx") == Document(said, (Section((), said),))
