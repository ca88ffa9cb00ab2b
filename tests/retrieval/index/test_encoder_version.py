"""Constants that stored words depend on: a change of one rebuilds every index."""

import hashlib
import json

from services.languages import NAMES
from services.retrieval.index.bm25 import ENCODER_VERSION, Bm25Encoder
from services.retrieval.index.stopwords import CONVERSATIONAL

TEXTS = (
    "Cancelling subscriptions: returns, returned items and the return of a returned parcel (E-1042, v2.3).",
    "Kündigungen der Häuser, große Straßen; résiliation de l'abonnement, cancelación, cancelações, ñandú.",
    "книги о доставке и доставка книг — ελληνικά κείμενα, رسائل البريد, kitapların ağaçları",
    "東京都に住んでいます。订单Ｅ－１０４２在哪里？ วิธีเปลี่ยนรหัสผ่าน 비밀번호를 재설정하려면",
    " ".join(f"word{number}" for number in range(150)),
)
DIGESTS = {2: "8bc5945bb57bbb21"}
"""By version. A change of these texts' vectors belongs to a new version, with a digest of its own."""


def test_vectors_change_with_the_version_and_only_with_it() -> None:
    encoder = Bm25Encoder()
    said = {language: " ".join(sorted(words)) for language, words in CONVERSATIONAL.items()}
    vectors = [
        (vector.words, [round(weight, 4) for weight in vector.weights])
        for language in sorted(NAMES)
        for text in (*TEXTS, said.get(language, ""))
        for vector in (encoder.document(text, [language]), encoder.query(text, language))
    ]
    both = encoder.document(TEXTS[0], ["en", "de"])
    whole = json.dumps([said, *vectors, (both.words, [round(weight, 4) for weight in both.weights])])
    assert hashlib.sha256(whole.encode()).hexdigest()[:16] == DIGESTS[ENCODER_VERSION]
