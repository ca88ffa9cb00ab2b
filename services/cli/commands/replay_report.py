"""Replays as `chatmount replay` prints them."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.text import Text

from services.cli.commands.trace import made_by, times, used
from services.cli.output.cleaning import clean
from services.cli.output.shapes import Shape, short
from services.cli.output.tables import Prose, fields, table


def one_table(value: Shape) -> RenderableType:
    """A question that was asked again: both answers, and what is different."""
    then, now = value["then"], value["now"]
    told = {
        "question": then["question"],
        "asked (UTC)": short(then["created_at"]),
        "different": value["differences"] or "nothing",
        "because of": [_name(cause) for cause in value["causes"]],
    }
    lines: list[RenderableType] = [fields(told), ""]
    same = value["then"]["answer"] == value["now"]["answer"]
    for head, turn in (("then and now", now),) if same else (("then", then), ("now", now)):
        lines += [Text(head, style="bold"), Text(clean(turn["answer"] or "–")), ""]
    lines.append(table(("", "then", "now"), _facts(then, now)))
    passages = [("gone", one) for one in value["passages_out"]] + [("new", one) for one in value["passages_in"]]
    if passages:
        rows = [(what, one["scores"]["fused"], used(one), _excerpt(one)) for what, one in passages]
        lines += ["", table(("", "fused", "used", "passage"), rows)]
    return Lines(*lines)


def _facts(then: Shape, now: Shape) -> list[tuple[object, ...]]:
    both = [one["trace"] for one in (then, now)]
    if None in both:
        # Of versions that did not keep how an answer came about.
        both[0] = dict.fromkeys(both[1])
    rows: list[tuple[object, ...]] = [("sources", then["source_urls"], now["source_urls"])]
    rows.append(("made by", *(made_by(one) for one in both)))
    rows += [(name, *(one[name] for one in both)) for name in ("closeness", "threshold", "prompt_version")]
    rows += [(name, *(_milliseconds(times(one)[name]) for one in both)) for name in times(both[1])]
    return [(str(name).replace("_", " "), *cells) for name, *cells in rows if cells != [None, None]]


def _milliseconds(time: int | None) -> str | None:
    return None if time is None else f"{time:,} ms"


def _excerpt(passage: Shape) -> Text:
    title = Text(clean(passage["title"]), style="bold")
    return Prose().append_text(title).append("\n").append(clean(" ".join(passage["excerpt"].split())))


def _name(source: Shape) -> str:
    return f"{source['title']} ({source['url']})" if source["url"] else str(source["title"])


def summary(replays: Sequence[Shape]) -> Shape:
    """Many questions that were asked again, in sums.

    How many answers are the same, and which sources changed the others.
    """
    done = [one for one in replays if not one["error"]]
    changed = [one for one in done if one["changed"]]
    sources = {(cause["url"] or cause["source_id"]): cause for one in changed for cause in one["causes"]}
    answers = Counter(cause["url"] or cause["source_id"] for one in changed for cause in one["causes"])
    differences = Counter(difference for one in done for difference in one["differences"])
    return {
        "asked": len(replays),
        "same": len(done) - len(changed),
        "changed": len(changed),
        "failed": len(replays) - len(done),
        "differences": dict(differences.most_common()),
        "sources": [sources[key] | {"answers": number} for key, number in answers.most_common()],
        "without_source": sum(not one["causes"] for one in changed),
        "replays": list(replays),
    }


def summary_table(value: Shape) -> RenderableType:
    """The changed answers, the sources behind them, and the sums."""
    changed = [one for one in value["replays"] if not one["error"] and one["changed"]]
    lines: list[RenderableType] = []
    if changed:
        answers = [(one["request_id"], one["differences"], _titles(one), one["then"]["question"]) for one in changed]
        lines += [table(("request", "different", "because of", "question"), answers), ""]
    if value["sources"]:
        sources = [(one["answers"], one["title"], one["url"]) for one in value["sources"]]
        lines += [table(("answers", "changed by", "url"), sources), ""]
    if value["without_source"]:
        lines.append(f"{value['without_source']:,} changed for another reason than a source.")
    sums = [f"{value[name]:,} {name}" for name in ("same", "changed", "failed")]
    lines.append(f"{value['asked']:,} asked again: {', '.join(sums)}.")
    return Lines(*lines)


def _titles(one: Shape) -> list[str]:
    return [cause["title"] for cause in one["causes"]]
