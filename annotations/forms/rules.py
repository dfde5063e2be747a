"""The exclusion rules of a study: which hold, and where their limits lie."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from annotations.forms.base import DescribedForm
from arena.analytics import rater_rules
from arena.analytics.errors import RuleError

LABELS = {
    "count": "Failed checks, at least",
    "above": "More than",
    "below": "Less than",
    "p_below": "Or by probability below",
    "at_least": "From so many answers on",
}
# What stands in a rule's fields before it is chosen.
STARTS: dict[str, dict[str, float]] = {
    "failed_checks": {"count": 2},
    "consistency": {"p_below": 0.001, "at_least": 4},
    "agreement": {"p_below": 0.001, "at_least": 10},
    "too_few_votes": {"below": 10},
}
EITHER = "Fill in one of the two limits. By probability, few votes neither condemn nor shelter anybody."


@dataclass(frozen=True)
class Kind:
    name: str
    title: str
    does: str
    fields: tuple[str, ...]


KINDS = (
    Kind(
        "failed_check_share",
        "Failed too large a share of checks",
        "Leaves out who failed more than this share (0 to 1) of their attention checks.",
        ("above", "at_least"),
    ),
    Kind(
        "failed_checks",
        "Failed several checks",
        "Leaves out who failed so many checks, however many they met.",
        ("count",),
    ),
    Kind(
        "skipped_checks",
        "Skips the checks",
        "Leaves out who skips checks but hardly anything else. The share (0 to 1) counts skips on checks "
        f"alone; the probability also looks at other skips and other raters. {EITHER}",
        ("above", "p_below", "at_least"),
    ),
    Kind(
        "median_answer_ms",
        "Answers too fast",
        "Leaves out who needed fewer milliseconds in half of their answers, counted from decoded pictures.",
        ("below", "at_least"),
    ),
    Kind(
        "longest_run",
        "Same side many times in a row",
        f"Leaves out who chose one side, or one answer, in a longer run than chance allows. {EITHER}",
        ("above", "p_below"),
    ),
    Kind(
        "side_share",
        "One side far too often",
        f"Leaves out who chose one side in more than this share (0.5 to 1) of their decided votes. {EITHER}",
        ("above", "p_below", "at_least"),
    ),
    Kind(
        "consistency",
        "Contradicts their own answers",
        f"Leaves out who gives another answer when the same is asked with sides swapped. {EITHER}",
        ("below", "p_below", "at_least"),
    ),
    Kind(
        "agreement",
        "Agrees with nobody",
        f"Leaves out who agrees less than others with the majority; careful where tastes differ. {EITHER}",
        ("below", "p_below", "at_least"),
    ),
    Kind(
        "guessing",
        "Answers as if by guessing",
        "Leaves out whose checks, agreement and repeats together are too poor for an ordinary rater.",
        ("p_below", "at_least"),
    ),
    Kind("too_few_votes", "Too few votes", "Leaves out who gave fewer votes.", ("below",)),
)


def _plain(number: float | None) -> float | int | str | None:
    """As people write it: whole without a point, and a small share without an exponent."""
    if not isinstance(number, float):
        return number
    return int(number) if number.is_integer() else format(Decimal(repr(number)), "f")


class RulesForm(DescribedForm):
    """One checkbox and the limits for each rule."""

    def __init__(self, *args: Any, rules: list[dict[str, Any]], **kwargs: Any) -> None:
        chosen = {rule["rule"]: rule for rule in rules}
        presets = {rule["rule"]: rule for rule in rater_rules.DEFAULT_RULES}
        initial: dict[str, Any] = {}
        for kind in KINDS:
            shown = chosen.get(kind.name) or presets.get(kind.name) or STARTS[kind.name]
            initial[kind.name] = kind.name in chosen
            initial |= {f"{kind.name}-{field}": _plain(shown.get(field)) for field in kind.fields}
        self.rules: list[dict[str, Any]] = []
        super().__init__(*args, initial=initial, **kwargs)

    def add_fields(self) -> None:
        self.fields.update(self._rule_fields())

    @staticmethod
    def _rule_fields() -> dict[str, forms.Field]:
        found: dict[str, forms.Field] = {}
        for kind in KINDS:
            found[kind.name] = forms.BooleanField(required=False, label=kind.title)
            for field in kind.fields:
                unit = ", milliseconds" if (kind.name, field) == ("median_answer_ms", "below") else ""
                found[f"{kind.name}-{field}"] = forms.FloatField(
                    required=False,
                    label=LABELS[field] + unit,
                    widget=forms.NumberInput(attrs={"step": "any"}),
                )
        return found

    @property
    def rows(self) -> list[tuple[Kind, forms.BoundField, list[forms.BoundField]]]:
        return [
            (kind, self[kind.name], [self[f"{kind.name}-{field}"] for field in kind.fields]) for kind in KINDS
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for kind in KINDS:
            if not cleaned.get(kind.name):
                continue
            given = {field: cleaned.get(f"{kind.name}-{field}") for field in kind.fields}
            rule = {"rule": kind.name} | {field: value for field, value in given.items() if value is not None}
            try:
                self.rules += rater_rules.validate([rule])
            except RuleError as error:
                self._explain(kind, error)
        return cleaned

    def _explain(self, kind: Kind, error: RuleError) -> None:
        field = str(error.details.get("field", ""))
        name = f"{kind.name}-{field}" if field in kind.fields else kind.name
        self.add_error(name, f"{kind.title}: {error.mend}")
