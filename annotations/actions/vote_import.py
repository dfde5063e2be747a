"""Votes made elsewhere become a closed study: all of a file or nothing, and a second time nothing new."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from annotations.actions import audit, vote_rows
from annotations.errors import ImportRefused
from annotations.importing import vote_table
from annotations.importing.problems import Problems, Unreadable
from annotations.importing.vote_file import Heard
from annotations.importing.vote_table import BEST_OF_N, PAIRS, RANKING, RATINGS, Reading
from annotations.models import (
    Block,
    ComparisonSlot,
    Criterion,
    Pick,
    Protocol,
    Source,
    Study,
    StudyState,
)

PROTOCOLS = {
    PAIRS: Protocol.PAIRWISE,
    RATINGS: Protocol.LIKERT,
    RANKING: Protocol.RANKING,
    BEST_OF_N: Protocol.BEST_OF_N,
}


@dataclass(frozen=True)
class VoteImport:
    """`created` is False when this very file had been imported before with the same columns."""

    study: Study
    created: bool
    votes: int
    raters: int
    generators: int


class Watch:
    """Hears how far an import of votes is; whoever wants to know overrides. `storing` and `stored` come
    inside the transaction, before the first row and after the last: what they raise undoes it."""

    def read(self, rows: int) -> None:
        pass

    def checked(self, votes: int) -> None:
        pass

    def storing(self) -> None:
        pass

    def stored(self, done: VoteImport) -> None:
        pass


def import_votes(
    *,
    path: Path,
    name: str,
    mapping: Mapping[str, str],
    outcomes: Mapping[str, str] | None = None,
    points: int = 5,
    strip_prompt: bool = False,
    actor: AbstractBaseUser | None = None,
    file_name: str = "",
    watch: Watch | None = None,
) -> VoteImport:
    """Store the votes of a CSV, JSONL or Parquet file as a study of their own.

    `mapping` says which column holds which field, and with that what kind of votes these are: pairs (left,
    right, outcome; or better and worse, where nobody knows which was left), ratings (generator, rating),
    rankings (ballot, generator, rank) or best-of-N answers (ballot, generator, chosen); `outcomes` what the
    file calls our outcomes; `points` and `strip_prompt` as in `vote_table.Reading`. Raises ImportRefused with
    every problem found.
    """
    if not name.strip():
        raise ImportRefused("The study has no name.", mend="Give the study a name.")
    reading = Reading(dict(mapping), dict(outcomes or {}), points, strip_prompt)
    watch = watch or Watch()
    design = _design(path, file_name or path.name, reading)
    if earlier := _earlier(design):
        return _known(earlier, watch)
    frame = checked(path=path, reading=reading, heard=watch.read)
    design["imported"]["votes"] = vote_rows.votes_in(frame, reading.kind)
    watch.checked(design["imported"]["votes"])
    with transaction.atomic():
        watch.storing()
        # Asked again under the transaction: two uploads of one file may run side by side.
        if earlier := _earlier(design):
            return _known(earlier, watch)
        study = _study(name.strip(), design, actor, frame, reading)
        vote_rows.store(study, frame, reading)
        audit.record(
            study=study,
            actor=actor,
            verb="votes_imported",
            subject=f"study {study.public_id}",
            data=design["imported"] | {"design_hash": study.design_hash},
        )
        done = _summary(study, created=True)
        watch.stored(done)
    return done


def _known(study: Study, watch: Watch) -> VoteImport:
    done = _summary(study, created=False)
    watch.stored(done)
    return done


def _design(path: Path, file_name: str, reading: Reading) -> dict[str, Any]:
    """How the file was read. What is as in plain pairs is left out: earlier imports are known again."""
    more: dict[str, Any] = {} if reading.knows_sides else {"sides": "unknown"}
    if reading.kind == RATINGS:
        more["points"] = reading.points
    if reading.strip_prompt:
        more["strip_prompt"] = True
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(1 << 20), b""):
            digest.update(block)
    return {
        "imported": {
            "file": Path(file_name).name[:200],
            "sha256": digest.hexdigest(),
            "columns": dict(sorted(reading.mapping.items())),
            "outcomes": dict(sorted(reading.outcomes.items())),
        }
        | more
    }


def _design_hash(design: dict[str, Any]) -> str:
    """Over content and reading of the file; its name and row count say nothing more."""
    kept = {key: value for key, value in design["imported"].items() if key not in ("file", "votes")}
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


def checked(
    *, path: Path, reading: Reading, limit: int | None = None, heard: Heard | None = None
) -> pd.DataFrame:
    """The votes of a file in our words; with a `limit`, of its first rows. Raises ImportRefused."""
    problems = Problems()
    try:
        frame = vote_table.read(
            path,
            reading.mapping,
            reading.outcomes,
            problems,
            points=reading.points,
            strip_prompt=reading.strip_prompt,
            limit=limit,
            heard=heard,
        )
    except Unreadable as error:
        problems.error(error.row, error.column, error.reason, error.mend)
    if problems.error_count:
        first = problems.first()
        many = f"{problems.error_count:,} problems" if problems.error_count > 1 else "1 problem"
        refused = ImportRefused(
            f"The votes were not imported: {many}. The first: {first[0]['reason']}.",
            mend=first[0]["mend"],
            details=first,
        )
        refused.problems = problems
        raise refused
    return frame


def _study(
    name: str,
    design: dict[str, Any],
    actor: AbstractBaseUser | None,
    frame: pd.DataFrame,
    reading: Reading,
) -> Study:
    study = Study.objects.create(
        name=name[:200],
        owner=actor,
        source=Source.IMPORTED,
        check_every=0,
        state=StudyState.CLOSED,
        design=design,
        design_hash=_design_hash(design),
        closed_at=timezone.now(),
    )
    block = Block.objects.create(
        study=study,
        protocol=PROTOCOLS[reading.kind],
        question="As asked where the votes were made.",
        points=reading.points,
        **_answers(frame, reading.kind),
    )
    for position, key in enumerate(reading.criteria or ["overall"]):
        label = key.replace("_", " ").capitalize()
        Criterion.objects.create(block=block, key=key, label=label, position=position)
    return study


def _answers(frame: pd.DataFrame, kind: str) -> dict[str, Any]:
    """Settings of the block as the answers show them."""
    if kind in (RANKING, BEST_OF_N):
        settings: dict[str, Any] = {"size": max(3, int(frame["ballot"].value_counts().max()))}
        if kind == BEST_OF_N and (frame["chosen"] == "worst").any():
            settings["pick"] = Pick.BEST_AND_WORST
        return settings
    said = frame["outcome"] if kind == PAIRS else pd.Series(dtype=object)
    return {"allow_tie": bool((said == "tie").any()), "allow_both_bad": bool((said == "both_bad").any())}
