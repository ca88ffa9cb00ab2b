"""Titles of files that nobody gave: names of programs and files, sentences, names of parts."""

import re

_BLANK = (
    r"unnamed|anonymous|unspecified|unknown|undefined|null|none|n/?a|no ?title|title|titel|document title|"
    r"new document|blank(?: page)?|temp|tmp|test|output|print(?: preview)?|stdin|about:blank"
)
_NUMBERED = (
    r"documento?|dokument|doc|presentation|pr[äe]sentation|présentation|presentaci[oó]n|apresentação|presentazione|"
    r"workbook|book|mappe|classeur|libro|cartel|pasta|arbeitsmappe|sheet|tabelle|feuil|slide|folie|page|seite|layout|"
    r"diapositiv[ae]|slajd|слайд|スライド|幻灯片|슬라이드|"
    r"drawing|zeichnung|file|datei|scan|scanned[ _-]?(?:document|image|page)|image|img|picture|"
    r"документ|презентация|文档|文書|書類|プレゼンテーション|演示文稿"
)
_UNTITLED = (
    r"untitled|unbenannte?[rs]?|ohne (?:titel|namen?)|kein titel|sans (?:titre|nom)|sin t[ií]tulo|"
    r"senza (?:titolo|nome)|sem t[ií]tulo|naamloos|zonder titel|bez (?:tytułu|názvu)|без (?:имени|названия)|"
    r"無題|无标题|無標題|제목 ?없[음는]"
)
_THINGS = (
    rf"{_NUMBERED}|notebook|spreadsheet|form|formular|formulaire|formulario|formulier|design|diagram|project|projekt|"
    r"report|publication|(?:white)?board|flyer|poster|website|site|note|video|map|letter|template|worksheet|figure|"
    r"feuille de calcul|hoja de cálculo|planilha|foglio di lavoro|таблица|форма|"
    r"ドキュメント|スプレッドシート|フォーム|文件|文稿|表格|电子表格|試算表|表单|表單|문서|프레젠테이션|스프레드시트"
)
# Names that programs give by counting, which people write with a space or a word of their own.
_COUNTED = r"(?:report|bericht|rapport|informe)\d{1,3}|(?:print ?)?job[ _#-]*\d+"
_VERSION = r"(?: v?\d[\w.]*)?"
_MICROSOFT = "word|powerpoint|excel|visio|publisher|outlook"
_PROGRAMS = (
    rf"(?:microsoft )?(?:{_MICROSOFT})(?: document| worksheet)?|microsoft (?:{_MICROSOFT}) -.*|"
    r"(?:microsoft )?(?:office )?powerpoint[ -](?:presentation|präsentation|presentatie)|"
    r"(?:présentation|presentación de|apresentação do|presentazione (?:standard )?di|презентация) powerpoint|"
    r"powerpoint プレゼンテーション|powerpoint 演示文稿|"
    r"(?:adobe )?(?:indesign|illustrator|photoshop|acrobat(?: distiller)?|framemaker|pagemaker)(?: pdf| document)?|"
    r"(?:latex|pdflatex|xelatex|lualatex|tex) (?:output|document)[\d\W]*|(?:scanned with )?camscanner[\d\W]*|"
    rf"google (?:docs|sheets|slides|forms)|(?:libre|open)office(?:\.org)?(?: (?:writer|calc|impress|draw))?{_VERSION}|"
    r"print job|remote desktop redirected printer doc|full page (?:fax )?print|"
    r"(?:pdfcreator|itext(?:sharp|pdf)?|jasperreports?|crystal reports?|birt|fpdf|tcpdf|mpdf|dompdf|pdflib|pdfkit|"
    r"wkhtmltopdf|reportlab|(?:gpl )?ghostscript|(?:apache )?(?:fop|pdfbox)|quartz pdfcontext|skia/pdf|weasyprint|"
    rf"dopdf|cutepdf(?: writer)?|pdf24(?: creator)?|primopdf|novapdf|bullzip(?: pdf printer)?){_VERSION}"
)
_OFFICE = "docx?|docm|dotx?|odt|ott|rtf|wpd|wps|pptx?|pptm|ppsx?|odp|xlsx?|xlsm|xlsb|ods|csv|vsdx?"
_PRINT = "pdf|eps|dvi|tex|ltx|indd|indt|qxp|qxd|cdr|p65|pmd|psd|dwg|prn|xps|oxps|djvu|tiff?|jpe?g|png"
_PROGRAM = "exe|dll|msi|bat|lnk|tmp|bak|zip"
# Of files whose names have no spaces: words and the ends of addresses as well.
_TEXT = "txt|html?|xhtml|php|aspx?|jsp|md|rst|xml|json|bmp|gif|webp|key|pages|numbers|ps|ai|fm|book|pub|job"
_FILE = rf"(?:.*\S\.(?:{_OFFICE}|{_PRINT}|{_PROGRAM})|\S*\.(?:{_TEXT}))"
_WINDOW = rf"google (?:docs|sheets|slides|drive)|(?:microsoft )?(?:{_MICROSOFT})|(?:libre|open)office.*|notepad|wordpad"

_NUMBERS = r"[ _-]*\(?\d{0,14}\)?(?:[ _-]+\d{1,14}){0,4}"
_SIZE = r"(?: \((?:a\d|letter|legal|copy|draft|autosaved|recovered)\))?"
_NOT_GIVEN = (
    rf"{_BLANK}|{_PROGRAMS}|{_COUNTED}|(?:{_NUMBERED}){_NUMBERS}|"
    rf"(?:latex |(?:{_THINGS}) )?(?:{_UNTITLED})(?:[ _-]?[の的]?(?:{_THINGS}))?{_NUMBERS}{_SIZE}"
)

_NO_TITLE = re.compile(
    rf"""["'(\[<{{«„“]*(?:{_NOT_GIVEN})["')\]>}}»“”.]*|"""
    rf"(?:{_FILE}|{_NOT_GIVEN})(?: (?:\[[^\[\]]*\]|\([^()]*\)))?(?: [-–—|] (?:{_WINDOW}))?|"
    # Paths, addresses, numbers of a scanner, places that a template keeps for a title.
    r"(?:[a-z]:[\\/]|\\\\|/(?:home|users|volumes|private|mnt|tmp)/|file:/|https?://).*|/[^\s/]*/\S*|"
    r"(?!(?:1\d|20)\d\d ?[-–—/] ?(?:\d\d){1,2}\Z)[\d\W_]{5,}|[^\w]*|"
    r"[<\[{$%]+ *title *[>\]}$%]+|[0-9a-f-]{16,}|d:\d{8,}.*",
    re.IGNORECASE,
)

_PARTS = (
    r"introduction|(?:table of )?contents|abstract|preface|foreword|prologue|acknowledge?ments|"
    r"einleitung|einführung|inhalt(?:sverzeichnis|sübersicht)?|vorwort|sommaire|table des matières|avant-propos|"
    r"introducci[oó]n|contenidos?|índice|prólogo|prefacio|introduzione|indice|sommario|prefazione|premessa|"
    r"introdução|conteúdo|sumário|inleiding|inhoud(?:sopgave)?|voorwoord|はじめに|目次|目录|目錄|前言|序言|서론|목차|"
    r"введение|содержание|оглавление|предисловие|مقدمة|المحتويات"
)
_NUMBERED_PARTS = (
    r"scope|purpose|overview|general(?: information)?|background|summary|executive summary|objectives?|definitions|"
    r"allgemeines|überblick|zweck|geltungsbereich|zusammenfassung|généralités|objet|résumé|general|objeto|resumen"
)
_COUNT = r"(?:\d{1,2}(?:\.\d{0,2})*|[ivx]+)[.):]?"
_CHAPTER = rf"(?:chapter|section|part|kapitel|abschnitt|teil|chapitre|partie|capítulo) {_COUNT}"
_NUMBER = rf"(?:{_CHAPTER}|{_COUNT})(?: ?[-–—])? "
_PART = re.compile(rf"(?:{_NUMBER})?(?:{_PARTS})|{_NUMBER}(?:{_NUMBERED_PARTS})|{_CHAPTER}", re.IGNORECASE)
_MOST_WORDS = 32
_SENTENCE_WORDS = 6
_ABBREVIATIONS = frozenset(("etc", "usw", "resp", "vol", "incl", "approx"))


def is_title(text: str) -> bool:
    """Whether a title was given by somebody, as far as its form tells."""
    return _NO_TITLE.fullmatch(text) is None


def is_title_of_all(text: str) -> bool:
    """Whether a title can be that of a whole file: no name of a part, and no sentence."""
    words = text.split()
    if not is_title(text) or _PART.fullmatch(text) or len(words) > _MOST_WORDS:
        return False
    last = words[-1].removesuffix(".")
    is_closed = text.endswith(".") and last.islower() and len(last) > 2 and last not in _ABBREVIATIONS
    return not text.endswith("。") and not (is_closed and len(words) >= _SENTENCE_WORDS)
