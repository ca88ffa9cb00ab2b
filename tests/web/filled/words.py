"""Texts without end, which compress no better than those of people."""

import random
from itertools import accumulate

_KNOWN, _SHORTEST, _LONGEST = 5_000, 2, 10


class Words:
    """The same ones for the same seed, the frequent ones often."""

    def __init__(self, seed: int = 1) -> None:
        self.chance = random.Random(seed)
        letters = "etaoinshrdlcumwfgypbvk"
        lengths = [self.chance.randint(_SHORTEST, _LONGEST) for _ in range(_KNOWN)]
        self._words = ["".join(self.chance.choices(letters, k=length)) for length in lengths]
        self._up_to = list(accumulate(1 / (place + 3) for place in range(_KNOWN)))

    def some(self, number: int) -> str:
        """So many words."""
        return " ".join(self.chance.choices(self._words, cum_weights=self._up_to, k=number))
