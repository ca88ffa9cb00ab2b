"""Words without content in a question to a help desk, beyond those the engine knows.

People write "hi, can you please help me find out …": measured on real conversations, leaving such words out is worth
two to three points of the first hit, and costs nothing on encyclopaedic questions.
"""

_COURTESY = "hi hello hey thanks thank please sorry okay ok yes yeah yep no nope maybe well sure"
_ASKING = """
ask asking question questions wonder wondering know tell explain describe give show help understand information info
find looking look try trying hear heard
"""
_WANTING = """
want wants wanted need needs would like could can should may might must shall will let get gets got getting make makes
go goes going do does did
"""
_FILLING = """
think thinking guess said say says just also really still already yet ever even much many lot something anything someone
anyone thing things way etc else happen happens about us
"""
# Short forms as people type them, without the apostrophe.
_CONTRACTED = """
im ive id ill dont doesnt didnt cant couldnt wouldnt shouldnt isnt arent wasnt wont whats wheres hows thats theres youre
theyre
"""

_ENGLISH = " ".join((_COURTESY, _ASKING, _WANTING, _FILLING, _CONTRACTED))

# Without accents, as they are compared; with them, the engine knows some of grammar's own no more.
_GERMAN = """
wann wer wem wen warum wieso weshalb wohin woher wieviel viel viele kann konnen konnte konnten muss
mussen darf durfen soll sollen sollte mochte mochten wurde wurden will wollen gibt hallo guten tag bitte danke
fur uber wahrend heisst bedeutet
"""
_FRENCH = """
combien comment pourquoi quand quel quelle quels quelles lequel laquelle lesquels puis peux peut pouvez peuvent doit
dois doivent faut vers faire fait bonjour merci voudrais veux veut meme etre deja tres ca voici voila
"""
_SPANISH = """
cuanto cuanta cuantos cuantas puedo puede pueden podemos debo debe hay hace hacer quiero quiere necesito hola gracias
favor buenos dias
"""
_ITALIAN = (
    "quanto quanta quanti quante quando perche posso puo possono devo deve vorrei voglio ciao grazie favore piu cosi e"
)
_PORTUGUESE = (
    "quanto quanta quantos quantas quando onde posso pode podem devo deve preciso quero ola obrigado nao sao esta"
)
_DUTCH = "hoeveel wanneer waar waarom hoe welke kan kunnen mag moet moeten wil hallo bedankt alstublieft graag"

CONVERSATIONAL = {
    language: frozenset(words.split())
    for language, words in {
        "en": _ENGLISH,
        "de": _GERMAN,
        "fr": _FRENCH,
        "es": _SPANISH,
        "it": _ITALIAN,
        "pt": _PORTUGUESE,
        "nl": _DUTCH,
    }.items()
}
"""By language."""
