"""The kind of thing a question asks for, and whether a sentence holds one."""

import re
from dataclasses import dataclass, replace

from services.chat.answerers.words import words_of

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
)
_DAYS = "Mondays?|Tuesdays?|Wednesdays?|Thursdays?|Fridays?|Saturdays?|Sundays?|weekdays?|weekends?"
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|"
    "hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|once|double|dozen"
)

_NUMBER = re.compile(rf"[$€£]?(?<![A-Za-z_.\d])\d[\d,.]*%?|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_TIME = re.compile(
    rf"\b1\d{{3}}\b|\b20\d\d\b|\b\d{{1,2}}(?::\d\d)?\s?(?:am|pm|a\.m\.|p\.m\.)|\b\d{{1,2}}:\d\d\b|"
    rf"\b(?:{_MONTHS})\b|\b(?i:{_DAYS})\b|\b\d{{1,2}}(?:st|nd|rd|th)\b|"
    r"(?i:\b(?:century|decades?|days?|weeks?|months?|years?|hours?|minutes?)\b)"
)
# A capitalised word that does not merely begin the sentence.
_NAME = re.compile(r"(?<=[^.!?:\s]\s)(?:[\"'“‘(]?)([A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)*)")
_NAME_AT_START = re.compile(r"^[\"'“‘(]?([A-Z][\w'’-]+(?:\s(?:of\s|the\s)?[A-Z][\w'’-]+)+)")
_PLACE = re.compile(r"\b(?:in|at|near|from|to|on|of|across|between|throughout|outside)\s(?:the\s)?([A-Z][\w'’-]+)")


_ASKS_WHAT_IS = re.compile(r"\s*(?:what(?:'s|’s| is| are)|define)\s+(?:an?\s|the\s)?([^,;:]{2,40}?)\s*\??\s*\Z")
_ASKS_WHAT = re.compile(r"\bwhat\b")
_TERM = re.compile(r"([^:;]{1,40}?)\s?:[\s:]+\S")
_DEFINES = r"(?:an?\s|the\s)?{}(?:\s\([^)]{{1,40}}\))?\s(?:is|are|means?|refers? to|denotes?|stands? for)\s"


@dataclass(frozen=True, slots=True)
class QuestionType:
    """What an answer holds: one of the patterns, or for `is_how_to`, steps or a command.

    `asks_for_several`: all things of a kind, as a list has them. `asked`: the question, without case. `echo`: the words
    that say nothing but what it says; None where they may well be the answer. `defines`: how a sentence begins that
    says what the thing is, where that is all that is asked.
    """

    patterns: tuple[re.Pattern[str], ...] = ()
    is_how_to: bool = False
    asks_for_several: bool = False
    asked: str = ""
    echo: frozenset[str] | None = None
    defines: re.Pattern[str] | None = None

    def is_answered_in(self, sentence: str) -> bool:
        """Whether the sentence names something of the kind that the question does not name itself."""
        for pattern in self.patterns:
            for match in pattern.finditer(sentence):
                for word in (match[match.lastindex] if match.lastindex else match[0]).casefold().split():
                    if word.strip(".,'’\"") not in self.asked:
                        return True
        return False

    def is_defined_in(self, sentence: str) -> bool:
        """Whether a sentence says what the thing is, rather than an example of it."""
        return self.defines is not None and self.defines.match(sentence) is not None

    def is_term_of(self, line: str) -> bool:
        """Whether a line of a glossary, "term: what it means", explains what the question names."""
        term = _TERM.match(line) if _ASKS_WHAT.search(self.asked) else None
        return term is not None and frozenset(words_of(self.asked)).issuperset(words_of(term[1]))

    def is_echo(self, text: str) -> bool:
        """Whether a text says nothing but what the question says, which asks for something else."""
        return self.echo is not None and self.echo.issuperset(words_of(text))


# Digits answer these, in German, Spanish, French and Japanese.
_ASKS_FOR_A_NUMBER = re.compile(
    r"\bwann\b|\bwie (?:viel|viele|vielen|lange|oft|hoch|groß|alt|weit|schnell|schwer)\b|"
    r"\bwelche[mnrs]? (?:[\w-]+[ -])?version\b|"
    r"\b(?:cu[aá]nt[oa]s?|cu[aá]ndo)\b|\bqu[eé] (?:porcentaje|n[uú]mero|puerto|versi[oó]n)\b|"
    r"\b(?:combien|quand)\b|\bquel(?:le)? (?:pourcentage|num[eé]ro|port|version)\b|"
    r"いつ|いくつ|いくら|どのバージョン|何(?:番|個|回|人|倍|年|月|日|時|分|秒|バイト|パーセント)"
)

_TYPES = (
    (
        re.compile(
            r"\bhow (?:many|much|far|old|tall|large|big|fast|deep|high|heavy|wide)\b|\bcosts?\b|"
            r"\bwhat (?:percent|number|share|amount|fraction|price|fee)"
        ),
        QuestionType((_NUMBER,)),
    ),
    (
        re.compile(
            r"\bwhen\b|\bhow (?:long|often|soon)\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b"
        ),
        QuestionType((_TIME, _NUMBER)),
    ),
    (re.compile(r"\bwho(?:m|se)?\b|\bwhat is the name\b"), QuestionType((_NAME, _NAME_AT_START))),
    (
        re.compile(r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|region|county|town|location)\b"),
        QuestionType((_PLACE,)),
    ),
    (
        re.compile(r"\bhow (?:do|does|to|can|could|should|would|must)\b|\b(?:command|steps?)\b"),
        QuestionType(is_how_to=True),
    ),
    (_ASKS_FOR_A_NUMBER, QuestionType((_NUMBER,))),
)
_ASKS_FOR_SEVERAL = re.compile(
    r"\b(?:what|which|who)(?:\s+[\w'’-]+){0,4}?\s+(?:are|were)\b|"
    r"\b(?:list|name|enumerate|tell me|give me|show me)\s+(?:all|the|your|every|me)\s+(?:[\w-]+\s+){0,3}?[a-z]{2,}s\b|"
    r"\b(?:list|name|enumerate) all\b|\b(?:what|which)\s+(?:kinds?|types?|sorts?)\s+of\b|"
    r"\bwhat (?:all )?(?:do|should|must|can|may) (?:i|we|you) (?:need|bring|pack|have to|submit|provide|hand in)\b|"
    r"\b(?:what|which)\s+(?:[\w-]+\s+){0,2}(?!does|was|has|is|this|its|happens|means\b)"
    r"(?:[a-z]{2,}[^\W\d_suiy]s|people|children|men|women)\b|"
    r"\b(?:welche|(?:was|wer|welches|wie) (?:sind|waren|heißen)|nennen?|quel(?:le)?s|(?:qui|que) sont|cu[aá]les|"
    r"qui[eé]nes|quali|chi sono|quais|quem são|welke|(?:wat|wie) zijn|какие|каковы|jakie|które|vilka|hvilke)\b"
)
_ASKS_FOR_MORE = re.compile(r"\b(?:what|which|how|who|whom|whose|when|where|why)\b")
_CHOICE = re.compile(r"\bor\b")


def question_type(question: str) -> QuestionType:
    """The kind of a question, from its question words."""
    asked = question.casefold()
    kind = next((kind for words, kind in _TYPES if words.search(asked)), QuestionType())
    # What asks for yes or no, or for one of several things that it names, may well be answered in its own words.
    asks_for_more = _ASKS_FOR_MORE.search(asked) and not _CHOICE.search(asked)
    thing = _ASKS_WHAT_IS.fullmatch(asked)
    return replace(
        kind,
        defines=re.compile(_DEFINES.format(re.escape(thing[1])), re.IGNORECASE) if thing else None,
        asks_for_several=_ASKS_FOR_SEVERAL.search(asked) is not None,
        asked=asked,
        echo=frozenset(words_of(question)) if asks_for_more else None,
    )
