"""Words that tell whether a full stop ends a sentence.

All in lower case, without their last full stop.
"""

_NEVER_FINAL = """
mr mrs ms dr prof st sr jr gen col capt lt sgt rev hon gov sen rep pres messrs mme mlle hr fr
vs cf al approx est ca fig figs eq eqs sec ch chap vol vols ed eds pp p no nos nr art para ref refs
e.g i.e eg ie viz resp incl excl max min avg dept univ assn bros
jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
z.b d.h u.a o.ä i.d.r z.t bzw ggf vgl abs usw bspw inkl zzgl evtl ca tel str stk mio mrd mwst allg geb zb ggü
p.ex env av éd min max tél
srta sra ud uds pág págs núm aprox av avda dña tfno
sig dott pag cfr ecc
"""
_OFTEN_FINAL = "etc inc ltd co corp u.s u.k u.n u.s.a a.m p.m ph.d m.d b.c a.d d.c"
_MONTHS_AND_THE_LIKE = """
januar jänner februar märz april mai juni juli august september oktober november dezember jahrhundert quartal
jan feb apr jun jul aug sep sept okt nov dez
"""
_SENTENCE_STARTERS = """
the a an this that these those it he she we you they i if in on at for from to when while where what who how why
there here but and or so as by with after before because however also no not all some each every
"""

ABBREVIATIONS = frozenset(_NEVER_FINAL.split())
"""Written with a full stop that ends no sentence."""

MAYBE_FINAL = frozenset(_OFTEN_FINAL.split())
"""These end a sentence as often as not: only a word that sentences begin with says that one has begun."""

DATED = frozenset(_MONTHS_AND_THE_LIKE.split())
"""After a number with a full stop they go on with it: `am 3. Mai`."""

STARTERS = frozenset(_SENTENCE_STARTERS.split())
"""Words that sentences often begin with."""
