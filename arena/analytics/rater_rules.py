"""Declared rules that exclude raters, applied to the measures of `rater_table`.

A rule is a plain dict, so that a design can freeze it as JSON: ``{"rule": "failed_checks", "count": 2}``.
Rules only point at raters and say why; nothing is deleted, and whoever reads decides whether they act.

Rules that compare a rater with the crowd, or with chance, take either a fixed limit (``above``, ``below``) or
``p_below``: the limit then follows from how improbable the measure is at the rater's own number of votes, so
that few votes neither condemn nor shelter anybody.

==================== ================================ =======================================================
rule                 parameters                       excludes a rater
==================== ================================ =======================================================
failed_checks        count                            with ``count`` failed checks or more
failed_check_share   above, at_least = 3              who failed more than this share of ``at_least`` checks
skipped_checks       above | p_below = 1e-3,          who skipped more than this share of the checks met, or
                     at_least = 3                     improbably many against own other trials and the crowd
median_answer_ms     below, at_least = 10             whose median answer time is shorter (milliseconds)
longest_run          above | p_below = 1e-6           with a longer run of the same side, or answer
side_share           above | p_below = 1e-6,          who chose one side in more than this share of decided
                     at_least = 20                    votes
consistency          below | p_below = 1e-3,          who repeated fewer answers on swapped repeats
                     at_least = 4
agreement            below | p_below = 1e-3,          who agrees less with the majority of the others
                     at_least = 10
guessing             p_below = 0.02, at_least = 10    whose checks, winners in common with the others, and
                                                      repeats are together too poor for an ordinary rater
too_few_votes        below                            with fewer votes
==================== ================================ =======================================================

References
----------
Longest run: union bound over the starts of a run, Feller (1968) vol. I, XIII.7. Meade & Craig (2012),
Psychological Methods 17, 437-455, for the indices of careless answers that the rules are built on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from .errors import RuleError
from .raters import RaterTable
from .rule_measures import MEASURES, Found

Rule = Mapping[str, Any]


@dataclass(frozen=True)
class _Parameter:
    """Allowed range of a number; ``default`` None means that it must be given."""

    low: float
    high: float
    whole: bool = False
    default: float | None = None


@dataclass(frozen=True)
class _Kind:
    """Parameters of a rule. With ``either`` exactly one of two limits holds; the second has the default."""

    parameters: Mapping[str, _Parameter]
    either: tuple[str, str] | None = None


_COUNT = _Parameter(1, 1_000_000, whole=True)
_P = _Parameter(1e-300, 0.5)
_KINDS: dict[str, _Kind] = {
    "failed_checks": _Kind({"count": _COUNT}),
    "failed_check_share": _Kind(
        {"above": _Parameter(0, 0.99), "at_least": _Parameter(1, 1000, whole=True, default=3)}
    ),
    "skipped_checks": _Kind(
        {
            "above": _Parameter(0, 0.99),
            "p_below": _Parameter(_P.low, _P.high, default=1e-3),
            "at_least": _Parameter(1, 1000, whole=True, default=3),
        },
        ("above", "p_below"),
    ),
    "median_answer_ms": _Kind(
        {"below": _Parameter(1, 600_000), "at_least": _Parameter(1, 1000, whole=True, default=10)}
    ),
    "longest_run": _Kind(
        {"above": _COUNT, "p_below": _Parameter(_P.low, _P.high, default=1e-6)}, ("above", "p_below")
    ),
    "side_share": _Kind(
        {
            "above": _Parameter(0.5, 0.999),
            "p_below": _Parameter(_P.low, _P.high, default=1e-6),
            "at_least": _Parameter(1, 100_000, whole=True, default=20),
        },
        ("above", "p_below"),
    ),
    "consistency": _Kind(
        {
            "below": _Parameter(0.001, 1),
            "p_below": _Parameter(_P.low, _P.high, default=1e-3),
            "at_least": _Parameter(1, 1000, whole=True, default=4),
        },
        ("below", "p_below"),
    ),
    "agreement": _Kind(
        {
            "below": _Parameter(0.001, 1),
            "p_below": _Parameter(_P.low, _P.high, default=1e-3),
            "at_least": _Parameter(1, 100_000, whole=True, default=10),
        },
        ("below", "p_below"),
    ),
    "guessing": _Kind(
        {
            "p_below": _Parameter(_P.low, _P.high, default=0.02),
            "at_least": _Parameter(1, 100_000, whole=True, default=10),
        }
    ),
    "too_few_votes": _Kind({"below": _COUNT}),
}
RULES: tuple[str, ...] = tuple(_KINDS)

# How many random, one-sided and honest raters these catch is simulated in the tests.
DEFAULT_RULES: tuple[dict[str, Any], ...] = (
    {"rule": "failed_check_share", "above": 0.34, "at_least": 3},
    {"rule": "skipped_checks", "p_below": 1e-3, "at_least": 3},
    {"rule": "median_answer_ms", "below": 800, "at_least": 10},
    {"rule": "longest_run", "p_below": 1e-6},
    {"rule": "side_share", "p_below": 1e-6, "at_least": 20},
    {"rule": "guessing", "p_below": 0.02, "at_least": 10},
)


@dataclass(frozen=True)
class RuleHit:
    """One rater under one rule.

    Attributes
    ----------
    rater, rule : str
    value : float
        What was measured, in the unit of the rule (share, milliseconds, count).
    threshold : float
        The declared limit: of ``value``, or of ``p`` where the rule is by probability.
    n : int
        How many answers (checks, votes, repeats) the value rests on.
    p : float
        Probability of such a value or a worse one in an ordinary rater; NaN for fixed limits.
    evidence : str
        In words, fit for a page.
    """

    rater: str
    rule: str
    value: float
    threshold: float
    n: int
    p: float
    evidence: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"p": self.p if math.isfinite(self.p) else None}


def validate(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The rules with their defaults filled in, ready to be frozen.

    Raises
    ------
    RuleError
        Naming the rule by number and name, the parameter, and the mend.
    """
    if isinstance(rules, (str, Mapping)) or not isinstance(rules, Iterable):
        raise RuleError("Rules are a list.", mend='Write [{"rule": "failed_checks", "count": 2}].')
    out: list[dict[str, Any]] = []
    for number, rule in enumerate(rules, start=1):
        checked = _validated(rule, number)
        if any(checked["rule"] == other["rule"] for other in out):
            _refuse(number, checked["rule"], "stands twice", "Keep one of the two.")
        out.append(checked)
    return out


def evaluate(rules: Iterable[Rule], table: RaterTable | pd.DataFrame) -> list[RuleHit]:
    """Which raters the rules point at, in the order of rules, then of raters.

    Parameters
    ----------
    rules : iterable of dict
        See the module; validated first.
    table : RaterTable or DataFrame
        Columns as `rater_table` names them. A rule whose columns are absent points at nobody; `unmeasured`
        names such rules. A rater with fewer answers than ``at_least`` is never hit.

    Returns
    -------
    list of RuleHit
    """
    frame = table.frame if isinstance(table, RaterTable) else table
    hits = []
    for rule in validate(rules):
        measure = MEASURES[rule["rule"]]
        if measure.absent(frame, rule):
            continue
        found = measure.find(frame, rule)
        hits += [_hit(frame, rule, found, int(row)) for row in found.rows]
    return hits


def unmeasured(rules: Iterable[Rule], table: RaterTable | pd.DataFrame) -> dict[str, str]:
    """Rules that cannot act on this table, each with the reason in words."""
    frame = table.frame if isinstance(table, RaterTable) else table
    out = {}
    for rule in validate(rules):
        absent = MEASURES[rule["rule"]].absent(frame, rule)
        if absent:
            out[rule["rule"]] = f"Not measured in this study: {', '.join(absent)}."
    return out


def hits_frame(hits: Sequence[RuleHit]) -> pd.DataFrame:
    """One row per hit: rater, rule, value, threshold, n, p, evidence."""
    names = list(RuleHit.__dataclass_fields__)
    return pd.DataFrame([asdict(hit) for hit in hits], columns=names)


def describe(rule: Rule) -> str:
    """A rule in words, for the design and the report."""
    checked = validate([rule])[0]
    limit = MEASURES[checked["rule"]].words
    p = checked.get("p_below")
    least = f", judged from {checked['at_least']} on" if "at_least" in checked else ""
    if p is not None:
        return f"{limit.improbable} (probability below {_decimal(p)}{least})"
    value = next(checked[name] for name in ("count", "above", "below") if name in checked)
    return limit.fixed.format(value=value, percent=f"{100 * value:g} %") + (
        f" ({least[2:]})" if least else ""
    )


def _decimal(p: float) -> str:
    """Without an exponent, as far as zeros can be counted."""
    return f"{p:g}" if p < 1e-9 else f"{p:.12f}".rstrip("0")


def _hit(frame: pd.DataFrame, rule: dict[str, Any], found: Found, row: int) -> RuleHit:
    limit = next(rule[name] for name in ("count", "above", "below", "p_below") if name in rule)
    return RuleHit(
        rater=str(frame["rater"].iloc[row]),
        rule=rule["rule"],
        value=float(found.value[row]),
        threshold=float(limit),
        n=int(found.n[row]),
        p=float(found.p[row]) if "p_below" in rule else math.nan,
        evidence=found.evidence(row),
    )


def _validated(rule: Rule, number: int) -> dict[str, Any]:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("rule"), str):
        raise RuleError(
            f"Rule {number} has no name.",
            mend=f'Give each rule a "rule": one of {", ".join(RULES)}.',
            details={"rule": number},
        )
    name = rule["rule"]
    if name not in _KINDS:
        _refuse(number, name, "is not known", f"Choose one of: {', '.join(RULES)}.")
    kind = _KINDS[name]
    strange = sorted(str(key) for key in rule if key != "rule" and key not in kind.parameters)
    if strange:
        allowed = ", ".join(kind.parameters)
        _refuse(number, name, f"has no parameter {', '.join(strange)}", f"It takes {allowed}.", strange[0])
    given = {key: value for key, value in rule.items() if key != "rule"}
    if kind.either is not None:
        _settle_either(given, kind, number, name)
    for key, parameter in kind.parameters.items():
        if kind.either is not None and key in kind.either:
            continue
        if key not in given:
            if parameter.default is None:
                _refuse(number, name, f"lacks {key}", f"Add {key}, {_range(parameter)}.", key)
            given[key] = parameter.default
    return {"rule": name} | {
        key: _number(given[key], kind.parameters[key], number, name, key)
        for key in kind.parameters
        if key in given
    }


def _settle_either(given: dict[str, Any], kind: _Kind, number: int, name: str) -> None:
    assert kind.either is not None
    fixed, by_p = kind.either
    if fixed in given and by_p in given:
        _refuse(number, name, f"has both {fixed} and {by_p}", f"Keep {fixed} or {by_p}.", by_p)
    if fixed not in given:
        given.setdefault(by_p, kind.parameters[by_p].default)


def _number(value: object, parameter: _Parameter, number: int, name: str, key: str) -> float:
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not good or not parameter.low <= float(value) <= parameter.high:  # type: ignore[arg-type]
        _refuse(number, name, f"has {key} = {value!r}", f"Give {key} {_range(parameter)}.", key)
    as_float = float(value)  # type: ignore[arg-type]
    if parameter.whole and as_float != int(as_float):
        _refuse(number, name, f"has {key} = {value!r}", f"Give {key} {_range(parameter)}.", key)
    return int(as_float) if parameter.whole else as_float


def _range(parameter: _Parameter) -> str:
    kind = "a whole number" if parameter.whole else "a number"
    return f"{kind} from {parameter.low:g} to {parameter.high:g}"


def _refuse(number: int, name: str, what: str, mend: str, field: str = "rule") -> None:
    raise RuleError(
        f"Rule {number} ({name}) {what}.", mend=mend, details={"rule": number, "name": name, "field": field}
    )
