"""The declared exclusion rules at work: they act when results are read, on all votes of a study, and leave
every vote where it is. What an analyst overrules does not count."""

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass

from annotations.models import RuleOverride, Study
from annotations.selectors.rules import declared_rules
from arena.analytics import rater_rules
from arena.analytics.rater_rules import RuleHit
from arena.results import columns, skips
from arena.results.cache import state_of
from arena.results.frames import rater_facts
from arena.results.measured import measures_of

KEPT = 16


@dataclass(frozen=True)
class Verdicts:
    """Hits by rater (public id), and the rules that this study cannot measure, with the reason."""

    hits: dict[str, list[RuleHit]]
    unmeasured: dict[str, str]


_kept: OrderedDict[tuple[object, ...], Verdicts] = OrderedDict()
_lock = threading.Lock()


def verdicts(study: Study) -> Verdicts:
    """Whom the rules hit, overruled hits included; kept while the votes and raters stay what they were."""
    rules = declared_rules(study)
    if not rules:
        return Verdicts({}, {})
    key = (study.public_id, study.design_hash, *state_of(study), json.dumps(rules, sort_keys=True))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _verdicts(study, rules)
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def overruled(study: Study) -> dict[tuple[str, str], RuleOverride]:
    """Standing overrides by rater (public id) and rule."""
    rows = RuleOverride.objects.filter(rater__study=study, lifted_at__isnull=True).select_related("rater")
    return {(row.rater.public_id, row.rule): row for row in rows}


def standing(study: Study) -> dict[str, list[RuleHit]]:
    """Raters left out by a rule that nobody overruled, with the hits that do it."""
    hits = verdicts(study).hits
    if not hits:
        return {}
    lifted = overruled(study)
    kept = {rater: [hit for hit in own if (rater, hit.rule) not in lifted] for rater, own in hits.items()}
    return {rater: own for rater, own in kept.items() if own}


def _verdicts(study: Study, rules: list[dict[str, object]]) -> Verdicts:
    votes, facts = columns.of(study), rater_facts(study)
    hits: dict[str, list[RuleHit]] = {}
    unmeasured: dict[str, str] = {}
    # Judges answer unlike people: each kind is held against its own.
    for of_judges in (False, True):
        measured = measures_of(study, votes, facts, judges=of_judges)
        if measured.empty:
            continue
        measured = skips.with_skips(study, measured)
        unmeasured |= rater_rules.unmeasured(rules, measured)
        for hit in rater_rules.evaluate(rules, measured):
            hits.setdefault(hit.rater, []).append(hit)
    return Verdicts(hits, unmeasured)
