"""The meaning of a cosine: models differ in the score of unrelated texts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUESTIONS = (
    "How long does bread dough have to rise?",
    "Which planet has the most moons?",
    "Where can I renew my passport?",
    "Who painted the ceiling of the chapel?",
    "How do I reset the password of my account?",
    "What is the fine for parking on a pavement?",
    "When do the swallows leave for the south?",
    "Can I return shoes that I have worn once?",
    "How is the offside rule applied in football?",
    "What causes high blood pressure?",
    "Which strings does a cello have?",
    "How much does it cost to send a parcel abroad?",
)
SENTENCES = (
    "The bridge was closed in 1911 after a flood had carried away two of its piers.",
    "Apple trees are pruned in late winter, before the buds begin to swell.",
    "The company's board appointed a new auditor at its annual meeting.",
    "Volcanic ash can make a jet engine fail within minutes.",
    "Members of the library may borrow ten books at a time.",
    "In chess, a pawn that reaches the last rank is promoted.",
    "The printer driver has to be installed before the cable is plugged in.",
    "Wool shrinks when it is washed too hot.",
    "The tenant gives notice three months before the end of the quarter.",
    "Salt lowers the temperature at which water freezes.",
    "The expedition lost its last sledge on the way back to the coast.",
    "Rehearsals of the choir begin on Tuesday evening.",
)
"""No question has to do with any of the sentences."""

UNRELATED = 0.034
"""The mean cosine of them with the built-in model, on whose scale thresholds are set."""

HIGHEST = 0.95
"""What more is measured than this tells of a model that takes all texts for one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Reads cosines as the built-in model would have made them.

    Those of unrelated texts lie where its own do, 1 stays 1, and the order stays. `factor` 1: as they are.
    """

    factor: float = 1.0

    @property
    def unrelated(self) -> float:
        """The mean cosine of unrelated texts with the model."""
        return 1.0 - (1.0 - UNRELATED) / self.factor

    @classmethod
    def measured(cls, questions: NDArray[np.float32], sentences: NDArray[np.float32]) -> "Scale":
        """The scale of a model by its vectors of QUESTIONS and SENTENCES, rows of norm 1."""
        unrelated = float(np.mean(questions @ sentences.T))
        return cls((1.0 - UNRELATED) / (1.0 - min(unrelated, HIGHEST)))

    def read(self, cosine: float) -> float:
        """One cosine, -1 to 1."""
        return cosine if self.factor == 1.0 else max(-1.0, 1.0 - (1.0 - cosine) * self.factor)

    def read_all(self, cosines: NDArray[np.float64]) -> NDArray[np.float64]:
        """Many cosines."""
        return cosines if self.factor == 1.0 else np.maximum(-1.0, 1.0 - (1.0 - cosines) * self.factor)


AS_THEY_ARE = Scale()

MULTILINGUAL_SCALE = Scale(3.6)
"""Of the multilingual model. It is not measured by QUESTIONS, which are English. In German, Japanese, French and
Spanish, questions score 0.77 to 0.79 with sentences that have nothing to do with them. The best of 63 sentences had up
to 0.833 for 40 of 48 questions without an answer, and more for 96 of 100 with one: the default threshold lies there.
The factor was set on these same questions; in a whole documentation, far fewer are refused (docs/measurements.md)."""
