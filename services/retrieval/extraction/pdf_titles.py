"""Titles in the properties of PDF files that a program wrote by itself: its own name, that of a file, a blank."""

import re

_BLANK = (
    r"untitled|unnamed|anonymous|unspecified|unknown|undefined|null|none|n/?a|no ?title|title|titel|document title|"
    r"new document|blank(?: page)?|temp|tmp|test|output|print(?: preview)?|stdin|about:blank|"
    r"unbenannt|ohne (?:titel|namen?)|kein titel|sans (?:titre|nom)|sin t[ií]tulo|senza (?:titolo|nome)|"
    r"sem t[ií]tulo|naamloos|zonder titel|bez (?:tytułu|názvu)|без (?:имени|названия)|無題|无标题|無標題|제목 ?없음"
)
_NUMBERED = (
    r"documento?|dokument|doc|presentation|pr[äe]sentation|présentation|presentaci[oó]n|apresentação|presentazione|"
    r"workbook|book|mappe|classeur|libro|cartel|pasta|arbeitsmappe|sheet|tabelle|feuil|slide|folie|page|seite|layout|"
    r"drawing|zeichnung|file|datei|scan|scanned[ _-]?(?:document|image|page)|image|img|picture|untitled|unbenannt|"
    r"документ|презентация|文档|文書|書類|プレゼンテーション|演示文稿"
)
_PROGRAMS = (
    r"(?:microsoft )?(?:word|powerpoint|excel|visio|publisher|outlook)(?: -.*| document| worksheet)?|"
    r"(?:microsoft )?(?:office )?powerpoint[ -](?:presentation|präsentation|presentatie)|"
    r"(?:présentation|presentación de|apresentação do|presentazione (?:standard )?di|презентация) powerpoint|"
    r"powerpoint プレゼンテーション|powerpoint 演示文稿|"
    r"(?:adobe )?(?:indesign|illustrator|photoshop|acrobat|framemaker|pagemaker)(?: pdf| document)?|"
    r"(?:latex|pdflatex|xelatex|tex) (?:output|document).*|camscanner.*|google docs|libreoffice.*|openoffice.*|"
    r"print job|remote desktop redirected printer doc|full page (?:fax )?print"
)
_OFFICE = "docx?|docm|dotx?|odt|ott|rtf|wpd|wps|pptx?|pptm|ppsx?|odp|key|xlsx?|xlsm|xlsb|ods|csv|pages|numbers|vsdx?"
_PRINT = (
    "pdf|e?ps|dvi|tex|ltx|indd|indt|qxp|qxd|cdr|ai|fm|book|pub|p65|pmd|psd|dwg|prn|job|xps|oxps|djvu|tiff?|jpe?g|png"
)
_TEXT = "txt|html?|xhtml|php|aspx?|jsp|md|rst|xml|json|bmp|gif|webp"

_NUMBERS = r"[ _-]*\(?\d{0,14}\)?(?:[ _-]+\d{1,14}){0,4}"

_NO_TITLE = re.compile(
    rf"""["'(\[<{{«„“]*(?:{_BLANK}|(?:{_NUMBERED}){_NUMBERS}|{_PROGRAMS})["')\]>}}»“”.]*|"""
    rf".*\.(?:{_OFFICE}|{_PRINT})|\S*\.(?:{_TEXT})|"
    # Paths, addresses, numbers of a scanner, places that a template keeps for a title.
    r"(?:[a-z]:[\\/]|\\\\|/|file:|https?:).*|[\d\W_]{5,}|[^\w]*|[<\[{$%]+ *title *[>\]}$%]+|[0-9a-f-]{16,}|d:\d{8,}.*",
    re.IGNORECASE,
)


def is_title(text: str) -> bool:
    """Whether a title was given by somebody, as far as its form tells."""
    return _NO_TITLE.fullmatch(text) is None
