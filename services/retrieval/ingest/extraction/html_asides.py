"""Lines in the text of an article that say nothing of its subject, known by their words."""

import re

_LONGEST = 90
_PICTURE = (
    r"(?:titel|beitrags|symbol|archiv)?(?:foto|bild)(?:s|er|nachweis|quelle|rechte)?|(?:featured |header )?photos?|"
    r"(?:featured |header )?images?|photographs?|pictures?|fotograf[ií]as?|cr[eé]dits?(?: photos?)?|"
    r"©|\(c\)|copyright|quelle"
)
_CREDIT = re.compile(rf"(?:{_PICTURE})\s*(?::|©|/|\||–|-|by\b|von\b|courtesy\b|via\b)\s*\S.*|©.*", re.IGNORECASE)
_MORE_TO_READ = (
    r"(?:das|diese[rs]?)\b.{0,20} (?:könnte|dürfte)\b.*|auch (?:interessant|lesenswert)|siehe auch",
    r"(?:mehr|weitere[rs]?)(?: (?:artikel|beiträge|themen|infos|informationen|nachrichten|meldungen))?"
    r" (?:zu[mr]?|über|aus|auf) .*|(?:weitere|ähnliche) (?:artikel|beiträge|themen|nachrichten|meldungen)",
    r"(?:zum )?weiterlesen|lesen sie (?:auch|mehr|dazu)\b.*|lies auch.*|see also|read (?:more|next|also|this next)\b.*",
    r"related(?: (?:articles?|posts?|stories|story|content|topics|reading|news|links))?|recommended(?: for you)?",
    r"you (?:may|might) (?:also )?(?:like|enjoy|be interested).*|more (?:from|stories|articles|news|posts)\b.*",
    r"(?:à )?lire (?:aussi|également)|sur le même sujet|à voir aussi|lee también|te puede interesar|leggi anche",
)
_TO_DO = (
    r"schlag(?:worte|wörter)|stichworte?|tags|kategorien?|(?:\d+ )?kommentare?(?: schreiben| geschlossen)?",
    r"schreiben? (?:sie )?einen kommentar|.*\bkeine kommentare|.*\b(?:artikel|beitrag|freunden) teilen\W?",
    r"(?:\d+ |no )?comments?|leave a (?:reply|comment)|share (?:this|on|via|with)\b.*|follow (?:us|me)\b.*",
    r"(?:zum )?newsletter.*|(?:subscribe|sign up) (?:to|for|now|today)\b.*",
)
_ASIDE = re.compile(rf"(?:{'|'.join((*_MORE_TO_READ, *_TO_DO))})\s*:?", re.IGNORECASE)


def is_aside(text: str) -> bool:
    """Whether a line is a credit of a picture, or leads readers on to something else.

    No sentence is, but one on rights.
    """
    if len(text) > _LONGEST:
        return False
    return _CREDIT.fullmatch(text) is not None or (not text.endswith(".") and _ASIDE.fullmatch(text) is not None)
