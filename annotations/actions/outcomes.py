"""How a visit that came to its end counts, by the rules that the study declared before its launch."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotations.models import AssignmentKind, Outcome, Rater, Vote

# As arena.analytics.rater_rules, which needs tables; at the end of a visit there is one rater to look at.
AT_LEAST = 3


def at_completion(rater: Rater) -> str:
    """Completed, or failed checks where a declared rule about them hits. Raters never read which of the two
    it was here; only a service that has a code for it does."""
    rules = (rater.study.design or {}).get("settings", {}).get("rules") or []
    passed = check_results(rater) if rules else []
    return Outcome.FAILED_CHECKS if failed_checks(rules, passed) else Outcome.COMPLETED


def check_results(rater: Rater) -> list[bool]:
    """Of each attention check that stands, whether it was passed."""
    standing = Vote.objects.filter(
        rater=rater, kind=AssignmentKind.CHECK, retracted_at=None, surplus=False, passed__isnull=False
    )
    return list(standing.values_list("passed", flat=True))


def failed_checks(rules: Sequence[Mapping[str, Any]], passed: Sequence[bool]) -> bool:
    failed = len(passed) - sum(passed)
    for rule in rules:
        if rule.get("rule") == "failed_checks" and failed >= rule["count"]:
            return True
        enough = len(passed) >= rule.get("at_least", AT_LEAST)
        if rule.get("rule") == "failed_check_share" and enough and failed / len(passed) > rule["above"]:
            return True
    return False
