"""The rows behind each export but that of votes, in batches."""

from collections.abc import Iterable, Iterator
from typing import Any

from annotations.models import Image, Protocol, Study
from arena.analytics.result import Estimate
from arena.results.composites import Composites, composites
from arena.results.export import dictionary
from arena.results.export.dictionary import Column
from arena.results.export.paging import as_json, pages
from arena.results.export.writers import Row, tidy
from arena.results.failures import failures
from arena.results.filters import Choices, Filters, words
from arena.results.opinions import opinions
from arena.results.quality import raters
from arena.results.rankings import ranking
from arena.results.software import version
from scoring.models import Score, SetScore
from scoring.selectors import niches

YES, NO = "yes", "no"
_SCORE = ("metric__name", "metric__version", "metric__extractor", "metric__weights_sha256", "state", "value")


def _from_records(columns: Iterable[Column], records: Iterable[dict[str, Any]]) -> Iterator[list[Row]]:
    wanted = list(columns)
    yield [tuple(tidy(record.get(column.name), column) for column in wanted) for record in records]


def rater_rows(study: Study, filters: Filters) -> Iterator[list[Row]]:
    records = raters(study, filters).to_dict("records")
    for record in records:
        record |= {
            "study": study.public_id,
            "simulated": YES if record["simulated"] else NO,
            "excluded": record["reason"] or None,
        }
    return _from_records(dictionary.RATERS.columns, records)


def images(study: Study) -> Iterator[list[Row]]:
    fields = ("id", "public_id", "prompt__key", "prompt__text", "prompt__category", "generator__name", "seed")
    fields += ("sha256", "format", "width", "height", "bytes")
    for page in pages(Image.objects.filter(study=study), fields):
        yield [(row[1], study.public_id, *row[2:6], row[6] or None, *row[7:]) for row in page]


def scores(study: Study) -> Iterator[list[Row]]:
    fields = ("id", "image__public_id", "image__prompt__key", "image__prompt__category")
    fields += ("image__generator__name", *_SCORE, "error", "computed_at")
    for page in pages(Score.objects.filter(image__study=study), fields):
        yield [(study.public_id, *row[1:11], *[None] * 4, row[11] or None, _iso(row[12])) for row in page]
    fields = ("id", "generator__name", *_SCORE, "low", "high", "n", "reference_set__name")
    fields += ("warning", "computed_at")
    for page in pages(SetScore.objects.filter(study=study), fields):
        yield [
            (study.public_id, None, None, None, *row[1:12], row[12] or None, _iso(row[13])) for row in page
        ]


def _iso(at: Any) -> str | None:
    return None if at is None else at.isoformat()


def ranking_rows(study: Study, filters: Filters, offered: Choices) -> Iterator[list[Row]]:
    """Strengths of a pairwise study, opinion scores of a Likert one."""
    common = {
        "study": study.public_id,
        "filter": "; ".join(words(filters, offered)) or None,
        "design_hash": study.design_hash or None,
        "version": version(),
    }
    common |= {"block": filters.block}
    if offered.is_ranked:
        result = ranking(study, filters).result
        method = f"{dict(offered.methods)[filters.method]}: {result.method}"
        made = composites(study, filters)
        records = [
            record | common | {"method": method} | _composite_record(made, record["generator"])
            for record in result.to_dict()["rows"]
        ]
        return _from_records(dictionary.RANKING.columns, records)
    if offered.protocol == Protocol.FAILURE_REVIEW:
        return _from_records(
            dictionary.FAILURES.columns, [r | common for r in _failure_records(study, filters)]
        )
    frame = opinions(study, filters).scores.to_frame()
    return _from_records(dictionary.OPINIONS.columns, [r | common for r in frame.to_dict("records")])


def _composite_record(made: Composites | None, generator: str) -> dict[str, Any]:
    if made is None:
        return {}
    found = made.of(generator)
    known = isinstance(found.mean, Estimate)
    return {
        "composite": found.mean.value if known else None,
        "composite_low": found.mean.low if known else None,
        "composite_high": found.mean.high if known else None,
        "composite_n": found.n,
        "composite_barred": found.barred,
        "composite_note": (found.note or found.mean.note if known else found.mean.reason) or None,
        "niche": made.name,
        "niche_definition": as_json(niches.definition(made.version)),
    }


def _failure_records(study: Study, filters: Filters) -> list[dict[str, Any]]:
    return [
        {
            "failure": rate.failure,
            "generator": rate.generator,
            "images": rate.images,
            "with_failure": rate.with_failure,
            "rate": getattr(rate.rate, "value", None),
            "low": getattr(rate.rate, "low", None),
            "high": getattr(rate.rate, "high", None),
        }
        for rate in failures(study, filters).rates
    ]
