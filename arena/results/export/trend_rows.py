"""Strengths of several studies on one scale, as rows of a file."""

from collections.abc import Iterator

from arena.results.export.dictionary import REAL, TEXT, WHOLE, Column, Table
from arena.results.export.writers import Row, tidy
from arena.results.software import version
from arena.results.trends import TrendsFound

TRENDS = Table(
    "trends",
    "Strengths over time",
    "One row per study and generator, on the scale that shared generators carry.",
    (
        Column("study", TEXT, "Public id of the study; with the key of its block if not the first of pairs."),
        Column("name", TEXT, "Its name."),
        Column("at", TEXT, "Middle between its first and last vote, or the day stated (ISO 8601, UTC)."),
        Column("filter", TEXT, "Which votes were counted, in words."),
        Column("generator", TEXT, "The generator."),
        Column("points", REAL, "Strength in points, 400 for odds of 10 to 1; mean of the anchors 1000."),
        Column("low", REAL, "Lower bound of the 95 % interval, clustered by rater."),
        Column("high", REAL, "Upper bound."),
        Column("se", REAL, "Standard error in points."),
        Column("anchor", TEXT, "yes if it carries the scale."),
        Column("shared", TEXT, "yes if two of the studies show it."),
        Column("votes", REAL, "Votes on it in this study."),
        Column("part", WHOLE, "Studies of equal part share a scale; points compare within one only."),
        Column(
            "drift_p",
            REAL,
            "p of the test that the anchors kept their places; empty if untested.",
        ),
        Column("version", TEXT, "Version of the software."),
    ),
)


def rows(found: TrendsFound) -> Iterator[list[Row]]:
    members = {member.candidate.label: member for member in found.asked.members}
    drift_p = getattr(found.result.drift, "p_value", None)
    said = "; ".join(found.asked.words())
    batch = []
    for row in found.result.to_frame().to_dict("records"):
        member = members[row["study"]]
        record = row | {
            "study": member.candidate.key,
            "name": row["study"],
            "at": member.at.isoformat(timespec="seconds"),
            "filter": said,
            "anchor": "yes" if row["anchor"] else "no",
            "shared": "yes" if row["shared"] else "no",
            "drift_p": drift_p,
            "version": version(),
        }
        batch.append([tidy(record[column.name], column) for column in TRENDS.columns])
    yield batch
