"""Names and rates in a question that stand nowhere in what was found."""

from services.chat.abstention import closeness
from services.chat.missing_names import has_missing_rate, names_what_is_missing
from services.chat.passages import Passage, Sentence, Source
from tests.each import for_each

TEXT = "Boats are moored by Sextant-2000 in the harbour of Genua. Genuas Hafen hat WLAN. 船はSextantで係留されます。"


def page(cosine: float = 0.5) -> Passage:
    sentence = Sentence(TEXT, 0.4, cosine)
    return Passage(
        Source("https://a", "Ports of Ligurien"), TEXT, 1.0, cosine, (sentence,), ("Mooring with Ankerwerk",)
    )


@for_each(
    ("language", "question", "is_missing"),
    [
        ("es", "¿Cómo llego a Genua?", False),
        ("es", "¿Cómo llego a Marsella?", True),
        ("es", "¿Marsella es el puerto?", False),
        ("es", "El puerto es grande. Marsella, ¿dónde está?", False),
        ("es", "¿COMO LLEGO A MARSELLA?", False),
        ("es", "¿Qué hace Sext?", True),
        ("fr", "Les bateaux de l'Adriatique ?", True),
        ("fr", "Où sont les ports de Ligurien ?", False),
        ("fr", "Comment amarrer avec Ankerwerk ?", False),
        ("fr", "GPSD est-il dans le port ?", True),
        ("de", "Wie komme ich nach Marseille?", False),
        ("de", "Gibt es im Hafen ein LAN?", True),
        ("de", "Gibt es im Hafen WLANs?", False),
        ("de", "Wie lese ich ein Kompass-Log?", True),
        ("de", "Wie lese ich ein Sextant-Log?", False),
        ("de", "Was ist Genua-", False),
        ("ja", "Sextantは何ですか?", False),
        ("ja", "Compassは何ですか?", True),
        ("ja", "船は何ですか?", False),
    ],
)
def test_a_name_is_told_by_its_capitals(language: str, question: str, is_missing: bool) -> None:
    assert names_what_is_missing(question, (page(),), language) is is_missing


@for_each(
    ("language", "question", "value"),
    [
        ("es", "¿Cómo llego a Genua?", 0.5),
        ("es", "¿Cómo llego a Marsella?", 0.3),
        ("en", "How do I get to Marsella?", 0.5),
        ("es", "How do I get to Marsella?", 0.5),
    ],
)
def test_a_question_that_names_what_is_missing_is_less_close(language: str, question: str, value: float) -> None:
    assert abs(closeness((page(),), question, language) - value) < 1e-9
    assert closeness((page(0.1),), question, language) >= 0.0


@for_each(
    ("language", "question", "text", "is_missing"),
    [
        ("de", "Was kostet der Liegeplatz im Monat?", "Der Liegeplatz hat Strom.", True),
        ("de", "Was kostet der Liegeplatz monatlich?", "Der Liegeplatz hat Strom.", True),
        ("de", "Was kostet der Liegeplatz im Monat?", "Die Monatsmiete ist fest.", False),
        ("de", "Wie viele Boote pro Boje und Tag?", "An Werktagen zehn.", False),
        ("de", "Was kostet der Liegeplatz?", "Der Liegeplatz hat Strom.", False),
        ("de", "Was geschah im Jahr 1911?", "1911 kam die Flut.", False),
        ("es", "¿Cómo salgo cada noche?", "El barco sale por la tarde.", True),
        ("es", "¿Cómo salgo cada noche?", "El barco nocturno sale a las tres.", False),
        ("es", "¿Cuánto cuesta al mes?", "La mesa cuesta poco.", True),
        ("es", "¿Cómo me pongo al día?", "El barco sale por la tarde.", False),
        ("fr", "Combien de bateaux par quai et par heure ?", "Le quai est long.", True),
        ("fr", "Combien est-ce par an ?", "La taxe annuelle est fixe.", False),
        ("ja", "毎晩船は出ますか", "船は朝に出ます。", True),
        ("ja", "毎晩船は出ますか", "夜間の船があります。", False),
        ("ja", "1分あたり何隻ですか", "自分の船です。", True),
        ("ja", "1分あたり何隻ですか", "10 分に一隻です。", False),
        ("ja", "係留の月額料金は", "料金は一か月分です。", True),
        ("en", "How much is it a month?", "The berth has power.", False),
    ],
)
def test_a_rate_is_told_by_its_unit_of_time(language: str, question: str, text: str, is_missing: bool) -> None:
    assert has_missing_rate(question, (page()._replace(text=text),), language) is is_missing


def test_a_question_for_a_missing_rate_is_less_close() -> None:
    assert abs(closeness((page(),), "¿Cuánto cuesta el puerto al mes?", "es") - 0.25) < 1e-9
