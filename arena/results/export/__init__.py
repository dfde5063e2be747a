"""Every row of a study as CSV, JSONL or Parquet, streamed."""

from collections.abc import Iterator

from annotations.models import Protocol, Study
from arena.results.export import dictionary, records, rows, vote_rows, writers
from arena.results.filters import Choices, Filters

KINDS = tuple(dictionary.TABLES)
FORMATS = writers.FORMATS


def table_of(kind: str, offered: Choices) -> dictionary.Table:
    if kind == "ranking" and not offered.is_ranked:
        failures = offered.protocol == Protocol.FAILURE_REVIEW
        return dictionary.FAILURES if failures else dictionary.OPINIONS
    return dictionary.TABLES[kind]


def export(kind: str, fmt: str, study: Study, filters: Filters, offered: Choices) -> Iterator[bytes]:
    """The bytes of an export. Raters, ranking and preference pairs follow the filter; others are whole."""
    batches = {
        "votes": lambda: vote_rows.votes(study),
        "comparisons": lambda: records.comparisons(study),
        "preferences": lambda: records.preferences(study, filters),
        "audit": lambda: records.audit_events(study),
        "raters": lambda: rows.rater_rows(study, filters),
        "images": lambda: rows.images(study),
        "scores": lambda: rows.scores(study),
        "ranking": lambda: rows.ranking_rows(study, filters, offered),
    }[kind]()
    return writers.stream(fmt, table_of(kind, offered).columns, batches)
