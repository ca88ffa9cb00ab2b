"""Origins may have been written by any client: what makes no sense is none."""

import json

from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.documents.source_origin import SiteOrigin, read_origin
from services.cli.output.shapes import shape
from tests.each import for_each

SITE = {"kind": "site", "start": "https://a.example/", "depth": 1, "max_pages": 9, "fetched": "https://a.example/b"}


def test_a_page_is_known_by_the_one_spelling_of_its_url() -> None:
    origin = read_origin(json.dumps(SITE | {"fetched": "HTTPS://A.Example:443/%62"}), "https://A.example/b")
    assert isinstance(origin, SiteOrigin)
    assert (origin.page.url, origin.page.fetched) == ("https://a.example/b", "https://a.example/b")


@for_each(
    "text",
    [
        "",
        "null",
        "[]",
        "words",
        "[" * 8192,
        '{"kind":' * 1000,
        '{"kind": "files", "path": 5}',
        json.dumps(SITE | {"fetched": "http://x:abc/"}),
        json.dumps(SITE | {"fetched": None}),
        json.dumps(SITE | {"depth": "deep"}),
        json.dumps(SITE | {"other": 1}),
    ],
)
def test_what_makes_no_sense_is_no_origin_and_hides_no_source(text: str) -> None:
    assert read_origin(text, "https://a.example/b") is None
    shape(retrieval_pb2.Source(id="src_1", url="https://a.example/b", origin=text))
