"""Errors of the statistics: each names what is wrong, where, and the mend."""

from __future__ import annotations

from typing import Any


class AnalyticsError(ValueError):
    """A question that the data cannot answer as asked.

    Attributes
    ----------
    code : str
        Stable machine-readable name, for example ``"self_pair"``.
    message : str
        What is wrong, with row and field where there is one.
    mend : str
        What to do about it.
    details : dict
        Row (counted from 1), field, value, and how many rows are concerned, where that applies.
    """

    code = "analytics_error"

    def __init__(self, message: str, *, mend: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{message} {mend}")
        self.message = message
        self.mend = mend
        self.details = details or {}


class MissingColumnError(AnalyticsError):
    """A column that the computation needs is absent."""

    code = "missing_column"


class MissingValueError(AnalyticsError):
    """A cell that must be filled is empty."""

    code = "missing_value"


class UnknownLabelError(AnalyticsError):
    """A label outside the allowed set: never counted as a tie, never dropped."""

    code = "unknown_label"


class SelfPairError(AnalyticsError):
    """A generator compared with itself."""

    code = "self_pair"


class WeightError(AnalyticsError):
    """A negative, infinite or missing weight."""

    code = "bad_weight"


class NoVotesError(AnalyticsError):
    """There is nothing to count."""

    code = "no_votes"


class OneGeneratorError(AnalyticsError):
    """A ranking needs at least two generators."""

    code = "one_generator"


class NoFiniteMaximumError(AnalyticsError):
    """The likelihood has no finite maximum, so there is no estimate to show."""

    code = "no_finite_maximum"


class TooFewRatersError(AnalyticsError):
    """Clustered intervals need at least two raters."""

    code = "too_few_raters"


class OptionError(AnalyticsError):
    """An option outside its allowed values."""

    code = "bad_option"


class RuleError(AnalyticsError):
    """An exclusion rule that cannot be read."""

    code = "bad_rule"


def require(value: str, allowed: tuple[str, ...], field: str) -> None:
    """Raise `OptionError` unless ``value`` is one of ``allowed``."""
    if value not in allowed:
        raise OptionError(
            f"{field}={value!r} is not known.",
            mend=f"Choose one of: {', '.join(allowed)}.",
            details={"field": field, "value": value},
        )
