"""What a chatbot says of itself, by the codes of the languages that chatbots can have."""

FALLBACK = {
    "ar": "لم أجد إجابة عن ذلك في الصفحات التي أعرفها.",
    "da": "Jeg kunne ikke finde et svar på det på de sider, jeg kender.",
    "de": "Darauf habe ich auf den Seiten, die ich kenne, keine Antwort gefunden.",
    "el": "Δεν βρήκα απάντηση σε αυτό στις σελίδες που γνωρίζω.",
    "en": "I could not find an answer to that in the pages I know.",
    "es": "No he encontrado una respuesta a eso en las páginas que conozco.",
    "fi": "En löytänyt siihen vastausta tuntemiltani sivuilta.",
    "fr": "Je n’ai pas trouvé de réponse à cela dans les pages que je connais.",
    "hu": "Erre nem találtam választ az általam ismert oldalakon.",
    "it": "Non ho trovato una risposta nelle pagine che conosco.",
    "ja": "私の知っているページには、その答えが見つかりませんでした。",
    "ko": "제가 아는 페이지에서 그에 대한 답을 찾지 못했습니다.",
    "nl": "Ik heb daarop geen antwoord gevonden op de pagina’s die ik ken.",
    "no": "Jeg fant ikke noe svar på det på sidene jeg kjenner.",
    "pt": "Não encontrei uma resposta para isso nas páginas que conheço.",
    "ro": "Nu am găsit un răspuns la aceasta în paginile pe care le cunosc.",
    "ru": "Я не нашёл ответа на это на известных мне страницах.",
    "sv": "Jag hittade inget svar på det på de sidor jag känner till.",
    "th": "ฉันไม่พบคำตอบสำหรับเรื่องนี้ในหน้าที่ฉันรู้จัก",
    "tr": "Bildiğim sayfalarda buna bir yanıt bulamadım.",
    "zh": "我在所知的页面中没有找到答案。",
}
"""That it has no answer, unless its operator has given it other words."""
# The text is shown in the language of the chatbot, and comes back from a form where only something else was changed.
_DEFAULTS = frozenset(FALLBACK.values())

CUT_OFF = {
    "ar": "قُطعت هذه الإجابة عند الحد الأقصى لطولها.",
    "da": "Svaret blev afbrudt ved sin største længde.",
    "de": "Diese Antwort wurde bei ihrer größten Länge abgebrochen.",
    "el": "Η απάντηση διακόπηκε στο μέγιστο μήκος της.",
    "en": "This answer was cut off at its maximum length.",
    "es": "Esta respuesta se cortó al alcanzar su longitud máxima.",
    "fi": "Vastaus katkesi enimmäispituuteensa.",
    "fr": "Cette réponse a été coupée à sa longueur maximale.",
    "hu": "A válasz a legnagyobb hosszánál megszakadt.",
    "it": "Questa risposta è stata interrotta alla lunghezza massima.",
    "ja": "回答は最大の長さに達したため、途中で切れています。",
    "ko": "답변이 최대 길이에 도달하여 중간에 끊겼습니다.",
    "nl": "Dit antwoord is bij de maximale lengte afgebroken.",
    "no": "Svaret ble avbrutt ved sin største lengde.",
    "pt": "Esta resposta foi cortada no comprimento máximo.",
    "ro": "Răspunsul a fost întrerupt la lungimea maximă.",
    "ru": "Ответ обрезан: достигнута наибольшая длина.",
    "sv": "Svaret avbröts vid sin maximala längd.",
    "th": "คำตอบนี้ถูกตัดเพราะยาวถึงขีดสูงสุด",
    "tr": "Bu yanıt en fazla uzunluğunda kesildi.",
    "zh": "回答已达到最大长度，在此中断。",
}

STOPPED = {
    "ar": "أوقف مرشّح محتوى النموذج هذه الإجابة.",
    "da": "Svaret blev stoppet af modellens indholdsfilter.",
    "de": "Diese Antwort wurde vom Inhaltsfilter des Modells angehalten.",
    "el": "Η απάντηση σταμάτησε από το φίλτρο περιεχομένου του μοντέλου.",
    "en": "This answer was stopped by the model's content filter.",
    "es": "El filtro de contenido del modelo detuvo esta respuesta.",
    "fi": "Mallin sisältösuodatin pysäytti vastauksen.",
    "fr": "Cette réponse a été arrêtée par le filtre de contenu du modèle.",
    "hu": "A választ a modell tartalomszűrője leállította.",
    "it": "Questa risposta è stata fermata dal filtro dei contenuti del modello.",
    "ja": "回答はモデルのコンテンツフィルターによって停止されました。",
    "ko": "모델의 콘텐츠 필터가 답변을 중지했습니다.",
    "nl": "Dit antwoord is door het inhoudsfilter van het model gestopt.",
    "no": "Svaret ble stoppet av modellens innholdsfilter.",
    "pt": "Esta resposta foi interrompida pelo filtro de conteúdo do modelo.",
    "ro": "Răspunsul a fost oprit de filtrul de conținut al modelului.",
    "ru": "Ответ остановлен фильтром содержимого модели.",
    "sv": "Svaret stoppades av modellens innehållsfilter.",
    "th": "คำตอบนี้ถูกหยุดโดยตัวกรองเนื้อหาของโมเดล",
    "tr": "Bu yanıt modelin içerik filtresi tarafından durduruldu.",
    "zh": "回答被模型的内容过滤器中止。",
}


def fallback_in(language: str, chosen: str) -> str:
    """The chosen fallback text; of the default one, the words in that language."""
    return FALLBACK.get(language, chosen) if chosen in _DEFAULTS else chosen
