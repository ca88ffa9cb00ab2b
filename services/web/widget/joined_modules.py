"""Modules of JavaScript as one: developers read many, a browser fetches one."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async function|function|class|const|let)", re.MULTILINE)
_NAMED = re.compile(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


def join(entry: Path) -> str:
    """The module `entry` with all beside it that it imports.

    Indentation and comments on lines of their own are left out.

    What is imported from other folders stays an import. ValueError when two modules give one name to two things.
    """
    joined = "\n".join(_EXPORT.sub("", _IMPORT.sub("", source)) for source in _in_order(entry, {}).values())
    names = _NAMED.findall(joined)
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{entry.parent}: more than one module has {', '.join(sorted(twice))}")
    lines = (line.strip() for line in joined.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _in_order(module: Path, sources: dict[Path, str]) -> dict[Path, str]:
    """What a module needs, then the module itself."""
    if module not in sources:
        source = module.read_text("utf-8")
        for name in _IMPORT.findall(source):
            _in_order(module.with_name(name), sources)
        sources[module] = source
    return sources
