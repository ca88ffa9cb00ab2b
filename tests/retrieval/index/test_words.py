"""Which words of different forms and languages are the same word."""

import pytest

from services.errors import ChatmountError
from services.languages import NAMES
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.text.languages import checked_language
from tests.each import for_each

ENCODER = Bm25Encoder()


def words(text: str, language: str) -> set[int]:
    return set(ENCODER.query(text, language).words)


@for_each(
    ("language", "one", "other"),
    [
        ("en", "cancelling subscriptions", "cancel subscription"),
        ("de", "Kündigungen der Häuser", "kündigung haus"),
        ("de", "Straße", "STRASSE"),
        ("fr", "l'abonnement", "abonnements"),
        ("fr", "résiliation", "resiliation"),
        ("es", "direcciones", "direccion"),
        ("es", "cancelación CANCELACION", "cancelaciones"),
        ("pt", "cancelações", "cancelacao"),
        ("ru", "книги", "книга"),
        ("tr", "kitaplar", "kitap"),
        ("ja", "ｶﾀｶﾅ", "カタカナ"),
        ("zh", "订单Ｅ－１０４２", "E-1042 订单"),
        ("de", "Version v2.3", "version v2.3"),
        ("en", "ﬁle №5", "file No5"),
    ],
)
def test_forms_of_one_word_are_one_word(language: str, one: str, other: str) -> None:
    assert words(one, language) == words(other, language) != set()


@for_each(
    ("language", "long", "short"),
    [
        ("ja", "東京都に住んでいます", "東京"),
        ("zh", "北京大学在哪里", "大学"),
        ("th", "วิธีเปลี่ยนรหัสผ่าน", "รหัสผ่าน"),
        ("ko", "비밀번호를 재설정하려면", "비밀번호"),
        ("ko", "학교에서", "학교는"),
        ("en", "エラーE-1042が出ます", "E-1042"),
    ],
)
def test_words_are_found_where_no_space_parts_them(language: str, long: str, short: str) -> None:
    assert words(long, language) & words(short, language)


def test_words_that_say_nothing_are_left_out_in_every_language() -> None:
    assert words("der die das und", "de") == words("le la les et", "fr") == words("el la los y", "es") == set()
    assert words("please tell me about the", "en") == set()


def test_languages_have_no_word_in_common() -> None:
    every = [words("Taxi 42 東京", language) for language in NAMES]
    assert sum(map(len, every)) == len(set[int]().union(*every)) > len(NAMES)


def test_a_passage_can_carry_the_words_of_two_languages() -> None:
    english, german = ENCODER.document("Häuser am See"), ENCODER.document("Häuser am See", ["de"])
    both = ENCODER.document("Häuser am See", ["en", "de"])
    assert dict(zip(both.words, both.weights, strict=True)) == dict(
        zip(english.words + german.words, english.weights + german.weights, strict=True)
    )


def test_text_that_is_no_valid_unicode_has_words_all_the_same() -> None:
    assert words("caf\ud800 open", "de") == words("caf? open", "de")


def test_an_unknown_language_is_refused_with_a_list_of_those_there_are() -> None:
    assert checked_language(" DE ") == "de"
    with pytest.raises(ChatmountError) as caught:
        checked_language("klingon")
    assert "da, de, el, en" in caught.value.text


@for_each("language", sorted(NAMES))
def test_words_without_weights_are_those_of_a_question(language: str) -> None:
    texts = (
        "l'homme d’été: cancelación, cancelações — don't, e-mail a.b.c 3,000.5 x_y",
        "Straße größer\u00a0İstanbul\u2003naïve ´akut \u0301y a\x1cb\x85c d\u200be \ud800",
        "東京に住む Taxi 42, 한국어 문장입니다 วิธีเปลี่ยน ﬁle ＡＢＣ",
        " ",
    )
    for text in texts:
        assert ENCODER.words(text, language) == words(text, language)
