"""Texts that are not UTF-8: the encoding is told from the text, and what can't be told is refused."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.decoding import decode

TEXTS = {
    "Мы работаем с девяти до пяти часов. Доставка по городу стоит триста рублей.": "cp1251 koi8-r iso8859-5 cp866",
    "Радимо од девет до пет сати. Његова љубав је ђак, а достава траје два дана.": "cp1251 iso8859-5",
    "Dostawa trwa dwa dni i kosztuje dziewięć złotych. Wszystkie książki można zwrócić.": "cp1250 iso8859-2",
    "Doručení trvá dva dny. Všechny knihy lze vrátit do měsíce, i když jsou přečtené.": "cp1250 iso8859-2",
    "Minden könyvet egy hónapon belül lehet visszaküldeni. Örülünk, ha később visszatér.": "cp1250 iso8859-2",
    "Η παράδοση διαρκεί δύο ημέρες και κοστίζει εννέα ευρώ, εκτός από τις αργίες.": "cp1253 iso8859-7",
    "Bütün kitaplar iade edilebilir. Mağaza açıktır, ürünü değiştirmek için bize başvurunuz.": "cp1254 iso8859-9",
    "המשלוח נמשך יומיים ועולה תשעים שקלים. ניתן להחזיר את כל הספרים תוך חודש.": "cp1255 iso8859-8",
    "يستغرق التوصيل يومين ويكلف تسعين درهما. يمكن إرجاع جميع الكتب خلال شهر واحد.": "cp1256 iso8859-6",
    "Visas grāmatas var atgriezt mēneša laikā. Veikals ir atvērts arī sestdienās.": "cp1257 iso8859-13",
    "หนังสือทุกเล่มสามารถส่งคืนได้ภายในหนึ่งเดือน ร้านเปิดวันเสาร์ด้วย": "cp874",
    "送货需要两天,费用为九十元。所有书籍都可以在一个月内退回。": "gbk gb18030 gb2312",
    "送貨需要兩天,費用為九十元。所有書籍都可以在一個月內退回。": "big5 big5hkscs",
    "配送には二日かかり、料金は九百円です。すべての本は返品できます。": "shift_jis cp932 euc_jp iso2022_jp",
    "배송은 이틀이 걸리며 요금은 구천 원입니다. 모든 책은 반품할 수 있습니다.": "euc_kr cp949",
    "Les colis partent sous deux jours ouvrés. Où êtes-vous né ? Ça dépend de l'été.": "cp1252 latin-1 iso8859-15",
    "La città è aperta fino alle otto. Perché non c'è più posto? La qualità è garantita.": "cp1252 latin-1 mac-roman",
    "Große Häuser nennen bitte den Eingang, für 9,90 €. „Ja“ – natürlich, schöne Grüße.": "cp1252",
    "Große Häuser mit mehreren Eingängen nennen bitte den Eingang, für 9 Euro.": "cp850 mac-roman latin-1",
    "Það er opið frá níu til fimm. Við sendum pakka um allt land og það kostar þrjú þúsund.": "cp1252",
}


@pytest.mark.parametrize(
    ("text", "codec"), [(text, codec) for text, codecs in TEXTS.items() for codec in codecs.split()]
)
def test_the_encoding_is_told_from_the_text(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text
    ascii_before = "Opening hours: 9 to 5.\n" * 3_000
    for before in (ascii_before, ascii_before.replace("\n", " ")):
        assert decode((before + text).encode(codec)) == before + text


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "cp866", "cp1252"])
def test_capitals_are_told_as_small_letters_are(codec: str) -> None:
    text = next(text for text, codecs in TEXTS.items() if codec in codecs.split()).upper()
    assert decode(text.encode(codec)) == text


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("order", ["le", "be"])
def test_wide_characters_are_told_without_a_mark(text: str, order: str) -> None:
    assert decode(f"1.\n{text}\n".encode(f"utf-16-{order}")) == f"1.\n{text}\n"
    assert decode(f"1.\n{text}\n".encode(f"utf-32-{order}")) == f"1.\n{text}\n"


@pytest.mark.parametrize(
    "text",
    [
        "Price: 5 €",
        "£5",
        "20°C",
        "don’t do it",
        "café",
        "Größe",
        "Señor",
        "déjà vu",
        "5 € pro Tag",
        "10 % – 20 %",
        "“Yes”",
        "• one\n• two",
        " 5 Abs. 2",
        "Straße 5, 80331 München",
        "GRÖSSE ÜBER ÄMTER",
        "© 2024 Example, l’été à Genève",
        "1 m², 3 m³ ½",
        "5°C\n" * 9,
        "Item,€\nA,5 €\nB,6 €\nC,7 €",
        "one – two\n" * 9,
        "• one\n" * 9,
        "name,city\nJosé,Málaga\nNúñez,Cádiz\nMaría,León",
        "navn;by\nBjørn;Århus\nSøren;Tromsø\nKåre;Ålesund",
        "Stadt;Preis\nMünchen;9,50\nKöln;12,00\nDüsseldorf;7",
    ],
)
def test_a_few_western_characters_are_windows_1252(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r"])
@pytest.mark.parametrize(
    "text", ["Привет", "Цена: 5 руб.", "ул. Ленина 5", "WiFi есть", "Пароль: abc123\nЛогин: test", "Москва и область"]
)
def test_a_few_russian_words_are_enough(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text


@pytest.mark.parametrize(
    ("table", "codec"),
    [
        ("miasto;cena\nŁódź;9,50\nKraków;12,00\nGdańsk;7,25\nWrocław;8,10", "cp1250"),
        ("jméno;město\nŘehoř;Plzeň\nŠtěpán;Děčín\nJiří;Žďár", "cp1250"),
        ("имя;город\nИван;Москва\nОльга;Казань\nПётр;Тверь", "cp1251"),
        ("Название;Цена\nМолоко;90\nХлеб;40", "koi8-r"),
        ("όνομα;πόλη\nΓιώργος;Αθήνα\nΜαρία;Πάτρα", "cp1253"),
        ("שם;עיר\nדוד;חיפה\nרות;אילת", "cp1255"),
        ("الاسم;المدينة\nأحمد;دبي\nسارة;جدة", "cp1256"),
        ("姓名,城市\n王伟,北京\n李娜,上海", "gbk"),
        ("姓名,城市\n王偉,臺北\n李娜,高雄", "big5"),
        ("氏名,部署\n佐藤,営業\n田中,経理", "cp932"),
        ("이름,도시\n김민수,서울\n이영희,부산", "cp949"),
    ],
)
def test_names_in_a_table_are_enough(table: str, codec: str) -> None:
    assert decode(table.encode(codec)) == table


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "cp866"])
def test_a_guess_that_is_as_often_wrong_is_no_answer(codec: str) -> None:
    text = "МОСКВА;ТВЕРЬ;КАЗАНЬ;САМАРА\nОМСК;ТОМСК;ПЕРМЬ;УФА"
    try:
        assert decode(text.encode(codec)) == text
    except ChatmountError as refusal:
        assert refusal.text.endswith("save it as UTF-8 and add it again.")  # noqa: PT017


@pytest.mark.parametrize(
    ("content", "declared", "text"),
    [
        ("Доставка".encode("cp1251"), "windows-1251", "Доставка"),
        ("Доставка по городу".encode("cp1251"), "ISO-8859-1", "Доставка по городу"),
        ("Доставка по городу".encode("cp1251"), "utf-8", "Доставка по городу"),
        ("Доставка по городу".encode("koi8-r"), "x-unknown", "Доставка по городу"),
        ("Größe".encode(), "iso-8859-1", "Größe"),
        ("“5 €”".encode("cp1252"), "iso-8859-1", "“5 €”"),
        ("①株".encode("cp932"), "Shift_JIS", "①株"),
        ("镕".encode("gbk"), "gb2312", "镕"),
        ("営業".encode("iso2022_jp"), "iso-2022-jp", "営業"),
        ("Größe".encode("cp1252"), "base64", "Größe"),
    ],
)
def test_what_was_declared_counts_where_it_makes_sense(content: bytes, declared: str, text: str) -> None:
    assert decode(content, declared) == text


def test_a_few_wrong_bytes_in_utf_8_spoil_no_other() -> None:
    text = "Die Größe für schöne Häuser über Österreich, außerdem Bücher. " * 3
    assert decode(text.encode() + "Große".encode("cp1252")) == text + "Große"
    assert decode(text.encode() + "é".encode()[:1]).startswith(text)


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(1, 256)) * 4,
        b"\x81\x8d\x8f\x90\x9d" * 20,
        b"\0\1\2\3" * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3,
        b"PK\x03\x04" + bytes(range(255, 0, -1)) * 3,
    ],
)
def test_what_makes_no_sense_is_refused(content: bytes) -> None:
    with pytest.raises(ChatmountError, match="not text"):
        decode(content)


@pytest.mark.parametrize(
    "declared", ["undefined", "idna", "punycode", "unicode_escape", "rot13", "a\0b", "\ud800", "x" * 999]
)
@pytest.mark.parametrize("content", [b"a-" * 99, "Große Häuser.".encode("cp1252"), b"\x1b$B"])
def test_what_is_no_encoding_of_files_is_not_declared(declared: str, content: bytes) -> None:
    def read(name: str) -> str:
        try:
            return decode(content, name)
        except ChatmountError as refusal:
            return refusal.text

    assert read(declared) == read("")


def test_the_log_of_a_terminal_is_utf8() -> None:
    log = "The price is 9 €. 料金は九百円です。 \x1b(B\x1b[mDone." + " And so on." * 60
    assert decode(log.encode()) == log.replace("\x1b", "")
    assert decode(log.encode(), "iso-2022-jp") == log.replace("\x1b", "")
    plain = "Price: 9 \x1b(B\x1b[m" + "Done. " * 60
    assert decode(plain.encode()) == plain.replace("\x1b", "")
