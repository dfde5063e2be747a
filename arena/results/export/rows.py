"""The rows behind each export, in batches, without holding a cursor or a transaction open."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, Max, QuerySet

from annotations.models import Block, ComparisonSlot, Exclusion, Image, Protocol, Study, Vote
from arena.results import rules
from arena.results.columns import SURPLUS
from arena.results.export import dictionary
from arena.results.export.dictionary import Column
from arena.results.export.writers import Row, tidy
from arena.results.failures import failures
from arena.results.filters import Choices, Filters, words
from arena.results.frames import GRADED
from arena.results.opinions import opinions
from arena.results.quality import raters
from arena.results.rankings import ranking
from arena.results.software import version
from scoring.models import Score, SetScore

BATCH = 5000
YES, NO = "yes", "no"
_VOTE = (
    "id",
    "public_id",
    "comparison_id",
    "kind",
    "order",
    "answer",
    "answer_ms",
    "passed",
    "created_at",
    "rater_id",
    "rater__public_id",
    "rater__simulated",
    "panel_name",
    "comparison__prompt__key",
    "comparison__prompt__category",
    "comparison__check_kind",
    "comparison__block_id",
    "panel_kind",
    "surplus",
    "remarks",
    "comparison__public_id",
)
NOT_EXCLUDED = ("", "")

_SCORE = ("metric__name", "metric__version", "metric__extractor", "metric__weights_sha256", "state", "value")


def votes(study: Study) -> Iterator[list[Row]]:
    """Pages by id up to the last vote at the start: votes that come in meanwhile are for the next export."""
    standing = Vote.objects.filter(study=study, retracted_at__isnull=True)
    last = standing.aggregate(last=Max("id"))["last"] or 0
    excluded = _excluded(study)
    blocks = {block.pk: block for block in study.blocks.all()}
    queryset = standing.filter(id__lte=last).annotate(
        panel_name=F("rater__panel__name"), panel_kind=F("rater__panel__kind")
    )
    for page in pages(queryset, _VOTE):
        slots = _slots({row[2] for row in page})
        yield [
            line
            for row in page
            for line in _vote_rows(
                study, row, blocks[row[16]], slots[row[2]], excluded.get(row[10], NOT_EXCLUDED)
            )
        ]


def _excluded(study: Study) -> dict[str, tuple[str, str]]:
    """By public id, why a rater does not count, and by which way: by hand, or by a declared rule that nobody
    overruled, or both."""
    ruled = {
        rater: "rule " + ", ".join(hit.rule for hit in hits) for rater, hits in rules.standing(study).items()
    }
    by_hand = Exclusion.objects.filter(rater__study=study, lifted_at__isnull=True)
    reasons = dict(by_hand.values_list("rater__public_id", "reason"))
    return {
        rater: (reason, ("both" if rater in reasons else "rule") if rater in ruled else "hand")
        for rater, reason in (ruled | reasons).items()
    }


def pages(queryset: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """`fields` begin with id."""
    after = 0
    while page := list(queryset.filter(id__gt=after).order_by("id").values_list(*fields)[:BATCH]):
        yield page
        after = page[-1][0]


def _slots(comparisons: set[int]) -> dict[int, list[str]]:
    """Generators of each comparison in canonical order."""
    found: dict[int, list[str]] = defaultdict(list)
    slots = ComparisonSlot.objects.filter(comparison_id__in=comparisons).order_by("comparison_id", "index")
    for comparison, name in slots.values_list("comparison_id", "generator__name"):
        found[comparison].append(name)
    return found


def _vote_rows(
    study: Study, row: tuple[Any, ...], block: Block, slots: list[str], excluded: tuple[str, str]
) -> Iterator[Row]:
    (_, vote, _, kind, order, answer, answer_ms, passed, at, _, rater, simulated) = row[:12]
    panel, prompt, category, check_kind, _, panel_kind, surplus, remarks, comparison = row[12:]
    shown = [slots[int(index)] for index in order]
    pair = block.protocol == Protocol.PAIRWISE
    for criterion, said in answer.items():
        yield (
            vote,
            study.public_id,
            block.key,
            comparison,
            prompt,
            category,
            panel,
            panel_kind,
            rater,
            SURPLUS if surplus else kind,
            block.protocol,
            criterion,
            shown[0],
            shown[1] if pair else None,
            slots[0],
            slots[1] if pair else None,
            GRADED.get(said, said) or None if pair else None,
            said if isinstance(said, int) and not pair else None,
            as_json(shown),
            as_json(said),
            None if remarks is None else as_json(remarks),
            answer_ms,
            YES if simulated else NO,
            *(said or None for said in excluded),
            check_kind or None,
            None if passed is None else YES if passed else NO,
            at.isoformat(),
        )


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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
        records = [record | common | {"method": method} for record in result.to_dict()["rows"]]
        return _from_records(dictionary.RANKING.columns, records)
    if offered.protocol == Protocol.FAILURE_REVIEW:
        return _from_records(
            dictionary.FAILURES.columns, [r | common for r in _failure_records(study, filters)]
        )
    frame = opinions(study, filters).scores.to_frame()
    return _from_records(dictionary.OPINIONS.columns, [r | common for r in frame.to_dict("records")])


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
