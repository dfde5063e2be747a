"""Tables of votes made elsewhere, mapped to our words. Which fields are named says what kind of votes they
are: pairs, ratings, rankings or best-of-N answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from annotations.importing import vote_checks as checks
from annotations.importing.problems import Problems, Unreadable, short
from annotations.importing.vote_file import Heard, read_table, text_of

PAIRS, RATINGS, RANKING, BEST_OF_N = "pairs", "ratings", "ranking", "best_of_n"
REQUIRED = ("left", "right", "outcome")
UNSIDED = ("better", "worse")
OPTIONAL = ("rater", "prompt", "category", "answer_ms")
OUTCOMES = ("left", "right", "tie", "both_bad")
RATING = "rating"
# What each kind of votes cannot do without; `rating` may carry a criterion, as in rating.fidelity.
NEEDED = {
    PAIRS: REQUIRED,
    RATINGS: ("generator", RATING),
    RANKING: ("ballot", "generator", "rank"),
    BEST_OF_N: ("ballot", "generator", "chosen"),
}
WANTED = (
    "pairs need left, right and outcome, or better and worse; ratings need generator and rating (or "
    "rating.<criterion> for each criterion, and may have item); rankings need ballot, generator and rank; "
    "best-of-N answers need ballot, generator and chosen; rater, prompt, category and answer_ms may be given"
)


@dataclass(frozen=True)
class Reading:
    """How a file is read. `points` is the length of a rating scale, 5 or 7; `strip_prompt` takes the prompt
    off the front of generator names, for files that name single images."""

    mapping: Mapping[str, str]
    outcomes: Mapping[str, str]
    points: int = 5
    strip_prompt: bool = False

    @property
    def kind(self) -> str:
        return kind_of(self.mapping)

    @property
    def knows_sides(self) -> bool:
        return self.kind == RATINGS or "left" in self.mapping

    @property
    def criteria(self) -> list[str]:
        """Keys of the criteria rated, in the order given."""
        return [_criterion(field) for field in self.mapping if _is_rating(field)]


def parse_pairs(text: str) -> dict[str, str]:
    """`left=model_a,right=model_b` as a dictionary."""
    pairs: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        field, sign, value = (bit.strip() for bit in part.partition("="))
        if not sign or not field or not value:
            raise Unreadable(f"“{short(part, 60)}” is not of the form field=column", "Write left=model_a,…")
        if field in pairs:
            raise Unreadable(f"{short(field, 40)} is given twice", "Give each field once.")
        pairs[field] = value
    return pairs


def kind_of(mapping: Mapping[str, str]) -> str:
    """Which kind of votes the named fields make."""
    if any(map(_is_rating, mapping)):
        return RATINGS
    if "ballot" in mapping:
        return BEST_OF_N if "chosen" in mapping else RANKING
    return PAIRS


def read(
    path: Path,
    mapping: Mapping[str, str],
    outcomes: Mapping[str, str],
    problems: Problems,
    *,
    points: int = 5,
    strip_prompt: bool = False,
    limit: int | None = None,
    heard: Heard | None = None,
) -> pd.DataFrame:
    """Text columns named by our fields, indexed by the row's number in the file (a CSV's header is row 1).

    `mapping` says which column of the file holds which field; `outcomes` what the file calls an outcome.
    Pairs come as left, right and outcome, whether sides are known or not. What is wrong with single rows goes
    to `problems`; Unreadable is raised for the rest. With a `limit`, the first rows alone are looked at, and
    ballots may have more rows further down.
    """
    reading = Reading(mapping, outcomes, points, strip_prompt)
    wanted = _fields(reading)
    _known_outcomes(outcomes)
    if points not in (5, 7):
        raise Unreadable(f"a scale of {points} points is not known", "Scales have 5 or 7 points.")
    sources = {field: _columns(field, column) for field, column in wanted.items()}
    wanted_columns = list(dict.fromkeys(chain(*sources.values())))
    raw = read_table(path, wanted_columns, problems, limit=limit, heard=heard)
    if heard:
        heard(len(raw))
    if raw.empty and not problems.error_count:
        raise Unreadable("the file has no votes", "Write one row per vote below the header.")
    frame = pd.DataFrame(
        {field: text_of(raw[columns[0]]) for field, columns in sources.items()}, index=raw.index
    )
    checks.fields(frame, wanted, problems, blank={f for f in frame if _is_rating(f)} | {"answer_ms"})
    if strip_prompt:
        frame = _without_prompts(frame, wanted, problems)
    if reading.kind == RATINGS:
        return _ratings(frame, raw, sources, reading, problems)
    if reading.kind == PAIRS:
        return _pairs(frame, wanted, outcomes, problems)
    checks.ballots(frame, wanted, problems, whole=limit is None)
    return frame


def _pairs(
    frame: pd.DataFrame, wanted: dict[str, str], outcomes: Mapping[str, str], problems: Problems
) -> pd.DataFrame:
    if "better" in frame:
        wanted = wanted | {"left": wanted["better"], "right": wanted["worse"]}
        frame = frame.rename(columns={"better": "left", "worse": "right"}).assign(outcome="left")
    else:
        frame["outcome"] = checks.outcome(frame["outcome"], outcomes, wanted["outcome"], problems)
    checks.self_pairs(frame, wanted, problems)
    return frame


def _ratings(
    frame: pd.DataFrame,
    raw: pd.DataFrame,
    sources: dict[str, list[str]],
    reading: Reading,
    problems: Problems,
) -> pd.DataFrame:
    """One row per rater and picture. Several columns of one rating are as many raters side by side."""
    parts = [frame]
    for field, columns in sources.items():
        if len(columns) > 1:
            # Columns do not say that the same person filled them: each cell is a rater of its own.
            parts = [
                frame.assign(**{field: text_of(raw[c])}, rater=[f"row {n}, {c}" for n in frame.index])
                for c in columns
            ]
            parts = [part[part[field] != ""] for part in parts]
    long = pd.concat(parts).sort_index(kind="stable")
    named = {field: " and ".join(columns) for field, columns in sources.items()}
    rated = [field for field in long if _is_rating(field)]
    checks.ratings(long, rated, named, reading.points, problems)
    return long.rename(columns={field: f"{RATING}.{_criterion(field)}" for field in rated})


def _without_prompts(frame: pd.DataFrame, wanted: dict[str, str], problems: Problems) -> pd.DataFrame:
    if "prompt" not in frame:
        raise Unreadable("generator names hold a prompt, but no column is named for it", "Map prompt too.")
    frame = frame.copy()
    for field in ("generator", "left", "right", "better", "worse"):
        if field in frame:
            pairs = zip(frame[field], frame["prompt"], strict=True)
            rest = pd.Series([name.removeprefix(p).lstrip("_-. /") for name, p in pairs], index=frame.index)
            bad = (rest == "") | (rest == frame[field])
            checks.name_rows(
                problems,
                frame,
                bad,
                wanted[field],
                "the name does not begin with the prompt",
                "Correct it, or import without taking prompts off names.",
            )
            frame[field] = rest
    return frame


def _is_rating(field: str) -> bool:
    return field == RATING or field.startswith(f"{RATING}.")


def _criterion(field: str) -> str:
    return field.partition(".")[2] or "overall"


def _columns(field: str, column: str) -> list[str]:
    return [name.strip() for name in column.split("|")] if _is_rating(field) else [column]


def _fields(reading: Reading) -> dict[str, str]:
    mapping, kind = reading.mapping, reading.kind
    needed = UNSIDED if kind == PAIRS and set(UNSIDED) & set(mapping) else NEEDED[kind]
    known = {*needed, *OPTIONAL} | ({"item"} if kind == RATINGS else set())
    unknown = [
        field for field in mapping if field not in known and not (kind == RATINGS and _is_rating(field))
    ]
    if unknown:
        raise Unreadable(f"“{short(unknown[0], 40)}” is not a field of a vote", f"Of the fields, {WANTED}.")
    missing = [field for field in needed if field not in mapping and field != RATING]
    if missing:
        raise Unreadable(f"no column is named for {', '.join(missing)}", f"Of the fields, {WANTED}.")
    side_by_side = [field for field in mapping if len(_columns(field, mapping[field])) > 1]
    if side_by_side and ("rater" in mapping or len(reading.criteria) > 1):
        raise Unreadable(
            "several columns of one rating stand for raters: no rater and no other criteria may be named",
            "Bring the table into one row per rater and picture.",
        )
    for key in reading.criteria:
        if not checks.KEY.fullmatch(key):
            raise Unreadable(f"“{short(key, 40)}” cannot name a criterion", "Use a-z, 0-9, - and _.")
    order = [*needed, "item", *OPTIONAL]
    return {f: mapping[f] for f in sorted(mapping, key=lambda f: order.index(f) if f in order else 1)}


def _known_outcomes(outcomes: Mapping[str, str]) -> None:
    for outcome in outcomes:
        if outcome not in OUTCOMES:
            raise Unreadable(f"“{short(outcome, 40)}” is not an outcome", f"Choose of {', '.join(OUTCOMES)}.")
    if len(set(outcomes.values())) < len(outcomes):
        raise Unreadable("one label is given for two outcomes", "Give each outcome a label of its own.")
