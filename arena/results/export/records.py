"""Exports beside votes and scores: comparisons, the audit chain, and preference pairs for training."""

from collections.abc import Iterator
from datetime import UTC

import pandas as pd

from annotations.models import AuditEvent, Image, Protocol, Study
from arena.results.export.paging import BATCH, as_json, pages
from arena.results.export.writers import Row
from arena.results.filters import Filters, block_of
from arena.results.frames import ballot_frame, pair_frame
from arena.results.selection import select


def comparisons(study: Study) -> Iterator[list[Row]]:
    fields = ("id", "public_id", "block__key", "prompt__key", "prompt__category", "kind", "check_kind")
    for page in pages(study.comparisons.all(), (*fields, "expected")):
        slots: dict[int, tuple[list[str], list[str | None]]] = {row[0]: ([], []) for row in page}
        rows = (
            study.comparisons.filter(id__in=slots)
            .order_by("id", "slots__index")
            .values_list("id", "slots__generator__name", "slots__image__public_id")
        )
        for comparison, generator, image in rows:
            slots[comparison][0].append(generator)
            slots[comparison][1].append(image)
        yield [
            (
                row[1],
                study.public_id,
                *row[2:6],
                row[6] or None,
                as_json(slots[row[0]][0]),
                as_json(slots[row[0]][1]),
                None if row[7] is None else as_json(row[7]),
            )
            for row in page
        ]


def audit_events(study: Study) -> Iterator[list[Row]]:
    fields = ("id", "sequence", "actor", "verb", "subject", "data", "at", "previous_hash", "hash")
    for page in pages(AuditEvent.objects.filter(study=study), fields):
        yield [
            (
                study.public_id,
                *row[1:5],
                as_json(row[5]),
                row[6].astimezone(UTC).isoformat(timespec="microseconds"),
                row[7],
                row[8],
            )
            for row in page
        ]


def preferences(study: Study, filters: Filters) -> Iterator[list[Row]]:
    """Aggregated over the votes that the filter counts. Ratings and failure reviews hold no pairs."""
    protocol = block_of(study, filters).protocol
    selection = select(study, filters)
    if protocol == Protocol.PAIRWISE:
        frame = pair_frame(study, selection, filters.criterion)
        pairs = pd.DataFrame(
            {
                "first": frame["image_left"],
                "second": frame["image_right"],
                "outcome": frame["outcome"].astype(str),
                "rater": frame["rater"].astype(str),
            }
        )
    elif protocol in (Protocol.BEST_OF_N, Protocol.RANKING):
        pairs = _implied(ballot_frame(study, selection))
    else:
        return
    pairs = pairs[(pairs["first"] >= 0) & (pairs["second"] >= 0)]
    counted = _aggregated(pairs)
    for start in range(0, len(counted), BATCH):
        yield _preference_rows(study, filters, counted.iloc[start : start + BATCH])


def _implied(ballots: pd.DataFrame) -> pd.DataFrame:
    """The pairs that a choice or ranking settles: the better image first."""
    if "rank" in ballots:
        level = ballots["rank"].astype(float)
    else:
        level = ballots["answer"].map({"best": 1.0, "shown": 2.0, "worst": 3.0})
    rows = ballots[["ballot", "image", "rater"]].assign(level=level)
    joined = rows.merge(rows[["ballot", "image", "level"]], on="ballot", suffixes=("", "_other"))
    better = joined[joined["level"] < joined["level_other"]]
    return pd.DataFrame(
        {
            "first": better["image"],
            "second": better["image_other"],
            "outcome": "left",
            "rater": better["rater"].astype(str),
        }
    )


def _aggregated(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row per unordered pair with a majority: low and high image id, and counts for each."""
    straight = pairs["first"] < pairs["second"]
    low = pairs["first"].where(straight, pairs["second"])
    high = pairs["second"].where(straight, pairs["first"])
    for_first, for_second = pairs["outcome"] == "left", pairs["outcome"] == "right"
    table = pd.DataFrame(
        {
            "low": low,
            "high": high,
            "for_low": for_first.where(straight, for_second),
            "for_high": for_second.where(straight, for_first),
            "rater": pairs["rater"],
        }
    )
    grouped = table.groupby(["low", "high"])
    out = grouped[["for_low", "for_high"]].sum().astype(int)
    out["votes"], out["raters"] = grouped.size(), grouped["rater"].nunique()
    return out[out["for_low"] != out["for_high"]].reset_index()


def _preference_rows(study: Study, filters: Filters, part: pd.DataFrame) -> list[Row]:
    ids = sorted({*part["low"].tolist(), *part["high"].tolist()})
    fields = (
        "id",
        "public_id",
        "sha256",
        "generator__name",
        "prompt__key",
        "prompt__text",
        "prompt__category",
    )
    images = {row[0]: row[1:] for row in Image.objects.filter(id__in=ids).values_list(*fields)}
    rows: list[Row] = []
    for row in part.itertuples():
        chosen, rejected = (row.low, row.high) if row.for_low > row.for_high else (row.high, row.low)
        best, other = images[chosen], images[rejected]
        decided = int(row.for_low + row.for_high)
        rows.append(
            (
                study.public_id,
                best[3],
                best[4],
                best[5],
                filters.criterion,
                best[0],
                other[0],
                best[1],
                other[1],
                best[2],
                other[2],
                abs(int(row.for_low) - int(row.for_high)) / int(row.votes),
                int(row.votes),
                int(row.votes) - decided,
                int(row.raters),
            )
        )
    return rows
