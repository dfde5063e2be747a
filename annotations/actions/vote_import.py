"""Votes made elsewhere become a closed study: all of a file or nothing, and a second time nothing new."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from annotations.actions import audit
from annotations.errors import ImportRefused
from annotations.importing import vote_table
from annotations.importing.problems import Problems, Unreadable
from annotations.models import (
    Assignment,
    AssignmentState,
    Block,
    Comparison,
    ComparisonSlot,
    Criterion,
    Generator,
    Panel,
    Prompt,
    Protocol,
    Rater,
    Source,
    Study,
    StudyState,
    Vote,
)

BATCH = 2000
PANEL = "Imported votes"
CRITERION = "overall"
NO_PROMPT = "unknown"


@dataclass(frozen=True)
class VoteImport:
    """`created` is False when this very file had been imported before with the same columns."""

    study: Study
    created: bool
    votes: int
    raters: int
    generators: int


def import_votes(
    *,
    path: Path,
    name: str,
    mapping: Mapping[str, str],
    outcomes: Mapping[str, str] | None = None,
    actor: AbstractBaseUser | None = None,
    file_name: str = "",
) -> VoteImport:
    """Store the votes of a CSV, JSONL or Parquet file as a study of their own.

    `mapping` says which column holds left, right, outcome and, where there are any, rater, prompt, category
    and answer_ms; `outcomes` what the file calls our outcomes. Raises ImportRefused with every problem found.
    """
    if not name.strip():
        raise ImportRefused("The study has no name.", mend="Give the study a name.")
    outcomes = dict(outcomes or {})
    design = _design(path, file_name or path.name, mapping, outcomes)
    if earlier := _earlier(design):
        return _summary(earlier, created=False)
    frame = _checked(path, mapping, outcomes)
    design["imported"]["votes"] = len(frame)
    with transaction.atomic():
        # Asked again under the transaction: two uploads of one file may run side by side.
        if earlier := _earlier(design):
            return _summary(earlier, created=False)
        study = _study(name.strip(), design, actor, frame)
        _store(study, frame)
        audit.record(
            study=study,
            actor=actor,
            verb="votes_imported",
            subject=f"study {study.public_id}",
            data=design["imported"] | {"design_hash": study.design_hash},
        )
    return _summary(study, created=True)


def _design(
    path: Path, file_name: str, mapping: Mapping[str, str], outcomes: dict[str, str]
) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(1 << 20), b""):
            digest.update(block)
    return {
        "imported": {
            "file": Path(file_name).name[:200],
            "sha256": digest.hexdigest(),
            "columns": dict(sorted(mapping.items())),
            "outcomes": dict(sorted(outcomes.items())),
        }
    }


def _design_hash(design: dict[str, Any]) -> str:
    """Over content and reading of the file; its name and row count say nothing more."""
    kept = {key: design["imported"][key] for key in ("sha256", "columns", "outcomes")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _earlier(design: dict[str, Any]) -> Study | None:
    return Study.objects.filter(source=Source.IMPORTED, design_hash=_design_hash(design)).first()


def _summary(study: Study, *, created: bool) -> VoteImport:
    slots = ComparisonSlot.objects.filter(comparison__study=study)
    return VoteImport(
        study=study,
        created=created,
        votes=study.votes.count(),
        raters=study.raters.count(),
        generators=slots.values("generator").distinct().count(),
    )


def _checked(path: Path, mapping: Mapping[str, str], outcomes: Mapping[str, str]) -> pd.DataFrame:
    problems = Problems()
    try:
        frame = vote_table.read(path, mapping, outcomes, problems)
    except Unreadable as error:
        problems.error(error.row, error.column, error.reason, error.mend)
    if problems.error_count:
        first = problems.first()
        many = f"{problems.error_count:,} problems" if problems.error_count > 1 else "1 problem"
        raise ImportRefused(
            f"The votes were not imported: {many}. The first: {first[0]['reason']}.",
            mend=first[0]["mend"],
            details=first,
        )
    return frame


def _study(name: str, design: dict[str, Any], actor: AbstractBaseUser | None, frame: pd.DataFrame) -> Study:
    now = timezone.now()
    study = Study.objects.create(
        name=name[:200],
        owner=actor,
        source=Source.IMPORTED,
        check_every=0,
        state=StudyState.CLOSED,
        design=design,
        design_hash=_design_hash(design),
        closed_at=now,
    )
    block = Block.objects.create(
        study=study,
        protocol=Protocol.PAIRWISE,
        question="As asked where the votes were made.",
        allow_tie=bool((frame["outcome"] == "tie").any()),
        allow_both_bad=bool((frame["outcome"] == "both_bad").any()),
    )
    Criterion.objects.create(block=block, key=CRITERION, label="Overall")
    return study


def _store(study: Study, frame: pd.DataFrame) -> None:
    """Rows in the order of the file, so that ids keep it."""
    frame = _with_defaults(frame)
    panel = Panel.objects.create(study=study, name=PANEL, overlap=1, is_open=False)
    raters = _raters(study, panel, frame)
    generators = _generators(sorted({*frame["left"], *frame["right"]}))
    a = frame["left"].map(generators)
    b = frame["right"].map(generators)
    frame = frame.assign(
        rater=frame["rater"].map(raters),
        low=a.where(a < b, b),
        high=b.where(a < b, a),
        order=(a < b).map({True: "01", False: "10"}),
    )
    prompts = _prompts(study, frame)
    frame["prompt"] = frame["prompt"].map(prompts)
    comparisons = _comparisons(study, frame)
    _votes(study, frame.assign(comparison=comparisons))


def _with_defaults(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    if "rater" not in frame:
        # Nothing says who voted: each vote stands alone, and intervals are those of single votes.
        frame["rater"] = [f"row {number}" for number in frame.index]
    if "prompt" not in frame:
        frame["prompt"] = NO_PROMPT
    if "category" not in frame:
        frame["category"] = "uncategorised"
    if "answer_ms" not in frame:
        frame["answer_ms"] = ""
    return frame


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _raters(study: Study, panel: Panel, frame: pd.DataFrame) -> dict[str, int]:
    counts = frame["rater"].value_counts(sort=False)
    rows = (
        Rater(study=study, panel=panel, label=str(label), served=int(n), voted=int(n))
        for label, n in counts.items()
    )
    found: dict[str, int] = {}
    for batch in _batches(rows):
        found |= {rater.label: rater.pk for rater in Rater.objects.bulk_create(batch)}
    return found


def _generators(names: list[str]) -> dict[str, int]:
    Generator.objects.bulk_create([Generator(name=name) for name in names], ignore_conflicts=True)
    return dict(Generator.objects.filter(name__in=names).values_list("name", "pk"))


def _prompts(study: Study, frame: pd.DataFrame) -> dict[str, int]:
    rows = frame.drop_duplicates("prompt")[["prompt", "category"]].itertuples(index=False)
    made = (Prompt(study=study, key=row.prompt, text=row.prompt, category=row.category) for row in rows)
    found: dict[str, int] = {}
    for batch in _batches(made):
        found |= {prompt.key: prompt.pk for prompt in Prompt.objects.bulk_create(batch)}
    return found


def _comparisons(study: Study, frame: pd.DataFrame) -> pd.Series:
    """The comparison of every row. A rater's second vote on the same pair and prompt opens a second one,
    since nobody meets a comparison twice."""
    time = frame.groupby(["rater", "prompt", "low", "high"], sort=False).cumcount()
    keyed = frame[["prompt", "low", "high"]].assign(time=time)
    number = keyed.groupby(["prompt", "low", "high", "time"], sort=False).ngroup()
    first = keyed.loc[~number.duplicated()]
    block = study.block
    ids: list[int] = []
    for batch in _batches(first.itertuples(index=False)):
        made = Comparison.objects.bulk_create(
            [Comparison(study=study, block=block, prompt_id=int(row.prompt)) for row in batch]
        )
        ComparisonSlot.objects.bulk_create(
            [
                ComparisonSlot(comparison=comparison, index=index, generator_id=int(generator))
                for comparison, row in zip(made, batch, strict=True)
                for index, generator in enumerate((row.low, row.high))
            ]
        )
        ids += [comparison.pk for comparison in made]
    return number.map(dict(enumerate(ids)))


def _votes(study: Study, frame: pd.DataFrame) -> None:
    now = timezone.now()
    sequence = frame.groupby("rater", sort=False).cumcount() + 1
    for batch in _batches(frame.assign(sequence=sequence).itertuples(index=False)):
        assignments = Assignment.objects.bulk_create(
            [
                Assignment(
                    study=study,
                    rater_id=int(row.rater),
                    comparison_id=int(row.comparison),
                    state=AssignmentState.VOTED,
                    sequence=int(row.sequence),
                    order=row.order,
                    served_at=now,
                    expires_at=now,
                )
                for row in batch
            ]
        )
        Vote.objects.bulk_create(
            [
                Vote(
                    assignment=assignment,
                    study=study,
                    rater_id=assignment.rater_id,
                    comparison_id=assignment.comparison_id,
                    order=assignment.order,
                    answer={CRITERION: row.outcome},
                    answer_ms=int(row.answer_ms) if row.answer_ms else None,
                )
                for assignment, row in zip(assignments, batch, strict=True)
            ]
        )
