"""English words that carry no content in a question put to a help desk, beyond grammar's own, which the engine knows.

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

CONVERSATIONAL = frozenset(" ".join((_COURTESY, _ASKING, _WANTING, _FILLING, _CONTRACTED)).split())
