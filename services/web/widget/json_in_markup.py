"""JSON that stands in a script or in HTML, where it can end neither."""

import json
from typing import Any


def json_in_markup(value: Any) -> str:
    """`value` as JSON in ASCII without `<`, `>` and `&`.

    So it holds no `</script>`, no `<!--`, and none of the characters that end a line of a script, such as U+2028.
    """
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
