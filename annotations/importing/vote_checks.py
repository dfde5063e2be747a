"""What can be wrong with rows of votes made elsewhere: every problem names row, column and mend."""

import re
from collections.abc import Mapping

import pandas as pd

from annotations.importing.problems import Problems, Unreadable, short

OUTCOMES = ("left", "right", "tie", "both_bad")
NAMES = {"left": 200, "right": 200, "better": 200, "worse": 200, "generator": 200}
LENGTHS = NAMES | {"rater": 100, "prompt": 200, "category": 100, "ballot": 200, "item": 200}
# Rows with a problem that are named one by one; the count goes on.
NAMED = 100
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
CHOSEN = {"1": "best", "true": "best", "yes": "best", "best": "best", "-1": "worst", "worst": "worst"}
SHOWN = ("0", "false", "no", "shown")


def name_rows(
    problems: Problems, frame: pd.DataFrame, bad: pd.Series, column: str, reason: str, mend: str
) -> None:
    """The first rows where `bad` holds, by number; all are counted."""
    rows = frame.index[bad]
    for row in rows[:NAMED]:
        problems.error(int(row), column, reason, mend)
    problems.error_count += max(0, len(rows) - NAMED)


def fields(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems, *, blank: set[str]) -> None:
    """What holds for every kind of votes. Fields in `blank` may be."""
    for field in frame.columns:
        if field not in blank:
            mend = f"Fill in the {field} on every row, or remove the row."
            name_rows(problems, frame, frame[field] == "", wanted[field], "the field is blank", mend)
    for field, limit in LENGTHS.items():
        if field in frame:
            reason = f"the text has more than {limit} characters"
            name_rows(problems, frame, frame[field].str.len() > limit, wanted[field], reason, "Shorten it.")
            unstorable = frame[field].str.contains("\x00", regex=False)
            name_rows(
                problems, frame, unstorable, wanted[field], "the text holds a NUL character", "Remove it."
            )
    _categories(frame, wanted, problems)
    _times(frame, wanted, problems)


def self_pairs(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    same = (frame["left"] == frame["right"]) & (frame["left"] != "")
    for row, name in frame.loc[same, "left"].head(NAMED).items():
        problems.error(
            int(row),
            wanted["right"],
            f"{short(name, 60)} is compared with itself",
            "Remove the row; checks on one generator do not belong in a ranking.",
        )
    problems.error_count += max(0, int(same.sum()) - NAMED)


def outcome(values: pd.Series, outcomes: Mapping[str, str], column: str, problems: Problems) -> pd.Series:
    """Our words for the file's labels. A label that is not known is an error, never a tie."""
    ours = {outcomes.get(name, name).lower(): name for name in OUTCOMES}
    mapped = values.str.lower().map(ours)
    unknown = mapped.isna() & (values != "")
    for row, label in values[unknown].head(NAMED).items():
        problems.error(
            int(row),
            column,
            f"the outcome “{short(label, 40)}” is not known",
            f"Known are {', '.join(ours)}; if it means one of these, name it as the label of that outcome.",
        )
    problems.error_count += max(0, int(unknown.sum()) - NAMED)
    return mapped.fillna("")


def ratings(
    frame: pd.DataFrame, rated: list[str], wanted: Mapping[str, str], points: int, problems: Problems
) -> None:
    for field in rated:
        bad = ~frame[field].str.fullmatch(rf"[1-{points}]?")
        reason = f"the rating is not a whole number from 1 to {points}"
        mend = "Correct it, or leave it blank where nothing was rated; scales of 7 points have to be named."
        name_rows(problems, frame, bad, wanted[field], reason, mend)
    nothing = (frame[rated] == "").all(axis=1)
    name_rows(problems, frame, nothing, wanted[rated[0]], "nothing was rated", "Remove the row.")
    if "rater" in frame:
        key = [field for field in ("rater", "prompt", "generator", "item") if field in frame]
        reason = "this rater has rated the same picture further up"
        mend = "Keep one of the two, or name a column that tells pictures apart (item)."
        name_rows(problems, frame, frame.duplicated(key), wanted["generator"], reason, mend)


def ballots(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems, *, whole: bool) -> None:
    """A ballot is one rater's answer about 2 to 9 generators of one prompt, a row each. Of a file that is not
    read as a `whole`, a ballot's other rows may still come: they need not stand together."""
    twice = frame.duplicated(["ballot", "generator"])
    mend = "Keep one of the rows, or give each answer a ballot of its own."
    name_rows(problems, frame, twice, wanted["generator"], "the generator is on its ballot twice", mend)
    groups = frame.groupby("ballot", sort=False)
    for field in ("rater", "prompt"):
        if field in frame:
            other = frame[field] != groups[field].transform("first")
            mend = "A ballot is one answer of one rater about one prompt: number ballots apart."
            name_rows(
                problems, frame, other, wanted[field], f"the ballot has another {field} further up", mend
            )
    size = groups["generator"].transform("size")
    first = ~frame.duplicated("ballot")
    mend = "Ballots hold 2 to 9 generators, a row each."
    reason = "the ballot holds one generator alone, or more than nine"
    name_rows(problems, frame, first & ~size.between(2 if whole else 1, 9), wanted["ballot"], reason, mend)
    if "rank" in frame:
        bad = ~frame["rank"].str.fullmatch(r"[1-9]\d?")
        mend = "Write 1 for the best, 2, 3 …; equal ranks are allowed."
        name_rows(problems, frame, bad, wanted["rank"], "the rank is not a whole number from 1 to 99", mend)
        return
    _chosen(frame, wanted["chosen"], problems)


def _chosen(frame: pd.DataFrame, column: str, problems: Problems) -> None:
    said = frame["chosen"].str.lower()
    bad = ~said.isin([*CHOSEN, *SHOWN])
    mend = f"Known are {', '.join([*CHOSEN, *SHOWN])}."
    name_rows(problems, frame, bad, column, "the choice is not known", mend)
    frame["chosen"] = said.map(CHOSEN).fillna("shown")
    for word in ("best", "worst"):
        again = (frame["chosen"] == word) & frame.duplicated(["ballot", "chosen"])
        name_rows(problems, frame, again, column, f"the ballot has another {word} further up", "Keep one.")


def _categories(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    if "category" not in frame:
        return
    if "prompt" not in frame:
        raise Unreadable(
            "a category column needs a prompt column",
            "Name the column of prompts too: a category is a property of a prompt.",
        )
    first = frame.groupby("prompt")["category"].transform("first")
    reason = "the prompt has another category further up"
    mend = "Give each prompt one category."
    name_rows(problems, frame, frame["category"] != first, wanted["category"], reason, mend)


def _times(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    if "answer_ms" in frame:
        bad = ~frame["answer_ms"].str.fullmatch(r"\d{0,9}")
        reason = "the time is not a whole number of milliseconds"
        name_rows(problems, frame, bad, wanted["answer_ms"], reason, "Write whole milliseconds or nothing.")
