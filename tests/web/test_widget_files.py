"""What the frame of the widget is made of: released, in one piece, and in every language."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from services.web.widget.joined_modules import join
from services.web.widget.languages import FOLDER as LANGUAGES
from services.web.widget.loader import ICONS
from services.web.widget.script import UNLOADED
from services.web.widget.static_files import FOLDER, frame_files
from tests.each import for_each

# Of the package marked 18.2.1 in the npm registry.
RELEASED = {"marked.esm.js": "5371fea86fd0656b4fc7bea7c94c663109d82789b69433eeee78d42895aa44de"}
TABLES: dict[str, dict[str, str]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(LANGUAGES.glob("*.json"))
}


def test_what_is_vendored_was_released() -> None:
    vendor = FOLDER / "vendor"
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor.glob("*.js")}
    assert found == RELEASED
    lines = (line.split() for line in (vendor / "SHA256SUMS").read_text("utf-8").splitlines())
    assert {name: digest for digest, name in lines} == RELEASED
    assert "Permission is hereby granted, free of charge" in (vendor / "LICENSE").read_text("utf-8")


def test_every_module_is_in_the_one_that_is_sent() -> None:
    sent = frame_files().contents["frame.js"].decode()
    assert re.findall(r'^import .* from "(.*)";', sent, re.M) == ["./vendor/marked.esm.js"]
    assert "export" not in sent
    for module in FOLDER.glob("*.js"):
        names = re.findall(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", module.read_text("utf-8"), re.M)
        for name in names:
            assert re.search(rf"^(?:async )?(?:function\*?|class|const|let) {name}\b", sent, re.M), f"{module}: {name}"


def test_the_icons_of_the_launcher_are_those_of_the_chat() -> None:
    lines = (FOLDER / "icons.js").read_text("utf-8")
    assert [name for name, line in ICONS.items() if f'  {name}: "{line}",' not in lines] == []


def test_two_modules_with_one_name_for_two_things_are_not_joined(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text('import { two } from "./two.js";\nconst name = two;\n')
    (tmp_path / "two.js").write_text("const name = 2;\nexport const two = name;\n")
    with pytest.raises(ValueError, match="more than one module has name"):
        join(tmp_path / "one.js")


def test_no_module_is_longer_than_a_file_may_be() -> None:
    for source in FOLDER.glob("*.*"):
        assert len(source.read_text("utf-8").splitlines()) <= 200, source


@for_each("language", TABLES)
def test_a_language_has_every_text_with_the_same_places(language: str) -> None:
    english, table = TABLES["en"], TABLES[language]
    assert list(table) == sorted(english)
    for name, text in english.items():
        assert re.findall(r"{\w+}", table[name]) == re.findall(r"{\w+}", text), name
        assert table[name].strip(), name


def test_every_text_is_said_somewhere() -> None:
    sent = frame_files().contents["frame.js"].decode()
    # Of one the launcher is told, since it is said when nothing else can be loaded.
    assert {name for name in TABLES["en"] if f'"{name}"' not in sent} == {UNLOADED}
