"""Names in a question that stand nowhere in what was found."""

from services.chat.abstention import closeness
from services.chat.missing_names import names_what_is_missing
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
