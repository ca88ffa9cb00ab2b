"""reStructuredText, and what Sphinx adds to it."""

from pathlib import Path

import pytest

from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section


def text_of(source: str) -> str:
    return "\n--\n".join(section.text for section in extract(source.encode(), "rst").sections)


def test_headings_lists_tables_and_notes_become_text() -> None:
    source = """
:orphan:

========
My guide
========

Before ``all`` else [1]_.

.. a comment

Install
=======

- one

  - two

1. first
2. second

term
  Its meaning.

Sub
---

::

    some code

+------+-------+
| Plan | Price |
+======+=======+
| Free | 0     |
+------+-------+

.. [1] A note.
"""
    assert extract(source.encode(), "rst") == Document(
        "My guide",
        (
            Section((), "Before all else ."),
            Section(("Install",), "- one\n  - two\n\n1. first\n2. second\n\nterm: Its meaning."),
            Section(("Install", "Sub"), "    some code\n\nPlan: Free; Price: 0\n\nA note."),
        ),
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "See :ref:`the page <install>`, :py:func:`~os.path.join`, :doc:`intro` and `x`:term:.",
            "See the page, join, intro and x.",
        ),
        (
            "Use :menuselection:`File --> Save`, `a link`_ and `more <https://a.example>`__.",
            "Use File > Save, a link and more.",
        ),
        (".. code-block:: bash\n   :emphasize-lines: 1\n   :caption: Run\n\n   pip install x", "    pip install x"),
        (".. versionadded:: 1.2 The flag.", "Added in version 1.2: The flag."),
        (".. note:: Be careful.", "Be careful."),
        (".. admonition:: Mind\n\n   The gap.", "Mind\n\nThe gap."),
        (".. option:: --every <time>\n\n   How often it runs.", "--every <time>: How often it runs."),
        (".. py:function:: run(a)\n   :async:\n\n   Runs *it*.", "run(a): Runs it."),
        (".. tab-set::\n\n   .. tab-item:: Linux\n      :sync: l\n\n      Use apt.", "Linux\n\nUse apt."),
        (".. unknown-thing::\n   Its text.", "Its text."),
        (".. image:: x.png\n   :alt: A bicycle\n   :zoom: 3", "A bicycle"),
        ("A |logo| b.\n\n.. |logo| image:: x.png\n   :alt: sign", "A sign b."),
        (".. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\nText.", "Text."),
        (
            ".. list-table::\n   :header-rows: 1\n\n   * - Plan\n     - Price\n   * - Free\n     - 0",
            "Plan: Free; Price: 0",
        ),
        # Mistakes cost nothing but themselves.
        ("*open and |gone| text\n\n.. note:\n\nEnd.", "*open and |gone| text\n\nEnd."),
    ],
    ids=range(15),
)
def test_text_is_kept_whatever_holds_it(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize(
    "directive",
    [
        ".. include:: {}",
        ".. raw:: html\n   :file: {}",
        ".. csv-table:: t\n   :file: {}",
        ".. csv-table:: t\n   :url: file://{}",
        ".. literalinclude:: {}",
        ".. code::\n   :file: {}",
        ".. raw:: html\n\n   <iframe src='file://{}'>secret word</iframe>",
    ],
    ids=range(7),
)
def test_nothing_outside_of_the_text_is_read(directive: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret word")
    assert "secret" not in text_of(f"Text.\n\n{directive.format(secret)}\n")
