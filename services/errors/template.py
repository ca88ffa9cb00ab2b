"""A text with placeholders."""

from enum import Enum
from typing import Any


class Template(Enum):
    """Members of the catalogue."""

    template: str

    def format(self, **values: Any) -> str:
        """The text with `values` in place of its placeholders. KeyError when one is missing."""
        return self.template.format(**values)
