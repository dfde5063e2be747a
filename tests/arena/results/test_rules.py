"""Declared rules leave raters out when results are read; votes stay, and an analyst may overrule."""

from dataclasses import replace

import pytest
from django.http import QueryDict

from annotations.actions import assignments, exclusions, reports, trials, votes
from annotations.errors import Conflict
from annotations.models import AuditEvent, Report, Study, Vote
from arena.results import rules
from arena.results.filters import choices
from arena.results.rankings import ranking
from arena.results.selection import select
from arena.results.trend_choice import asked, candidates
from arena.results.trends import trends_of
from tests.arena.results.studies import imported, noisy_lines
from tests.factories import planned_study, rater_in

pytestmark = pytest.mark.django_db
ONE_SIDED = [{"rule": "side_share", "above": 0.9, "at_least": 20}]


@pytest.fixture
def study(tmp_path) -> Study:
    """Twelve raters of whom one always takes the left."""
    lines = noisy_lines(240)
    lines = [line.replace(",tie,", ",left,").replace(",right,", ",left,").replace(",both_bad,", ",left,")
             if line.split(",")[3] == "r0" else line for line in lines]  # fmt: skip
    made = imported(tmp_path, lines)
    made.rules = ONE_SIDED
    made.save(update_fields=["rules"])
    return made


def counts(study, **changes):
    return select(study, replace(choices(study).default, **changes)).counts


def test_a_rater_whom_a_rule_hits_is_left_out_and_the_votes_stay(study):
    [(_, [hit])] = rules.standing(study).items()
    assert (hit.rule, hit.n) == ("side_share", 20)
    assert "20 of 20" in hit.evidence
    found = counts(study)
    assert (found.votes, found.excluded_votes, found.ruled_out_raters) == (220, 20, 1)
    assert Vote.objects.filter(study=study).count() == 240
    assert counts(study, exclusions="off").votes == counts(study, exclusions="manual").votes == 240


def test_an_overruled_rule_does_not_count_and_both_steps_are_audited(study):
    [public_id] = rules.standing(study)
    rater = study.raters.get(public_id=public_id)
    override = exclusions.overrule(rater=rater, rule="side_share", reason="Left-handed test", actor="ana")
    assert counts(study).votes == 240
    assert rules.verdicts(study).hits  # the evidence stays
    exclusions.restore_rule(override=override, actor="ana")
    assert counts(study).votes == 220
    verbs = AuditEvent.objects.filter(study=study).values_list("verb", flat=True)
    assert [verb for verb in verbs if "rule" in verb] == ["rule_overruled", "rule_restored"]


def test_overruling_asks_for_a_reason_and_a_rule_that_is_declared(study):
    rater = study.raters.first()
    with pytest.raises(Conflict, match="reason"):
        exclusions.overrule(rater=rater, rule="side_share", reason=" ", actor="ana")
    with pytest.raises(Conflict, match="no rule"):
        exclusions.overrule(rater=rater, rule="beauty", reason="why not", actor="ana")


def test_a_rule_that_cannot_be_measured_says_so(study):
    Study.objects.filter(pk=study.pk).update(rules=[{"rule": "consistency", "below": 0.5}])
    study.refresh_from_db()
    verdicts = rules.verdicts(study)
    assert not verdicts.hits


def test_a_study_without_rules_leaves_nobody_out(study):
    Study.objects.filter(pk=study.pk).update(rules=[])
    study.refresh_from_db()
    assert rules.standing(study) == {}
    assert counts(study).votes == 240


@pytest.fixture
def skipping() -> Study:
    """Four raters answer everything, a fifth skips the checks."""
    study = planned_study(
        prompts=20, generators=3, overlap=4, check_every=4, first_check_within=3, max_votes_per_rater=36,
        repeat_share=0, rules=[{"rule": "skipped_checks"}],
    )  # fmt: skip
    trials.chance.seed(1)
    dodging, *honest = [rater_in(study) for _ in range(5)]
    for rater in (dodging, *honest):
        while served := assignments.next_for(rater=rater, count=1):
            if rater is dodging and served[0].kind == "check":
                skip = {"kind": "skip", "reason": "other"}
                reports.report_and_serve(rater=rater, nonce=served[0].nonce, **skip)
            else:
                votes.record(rater=rater, nonce=served[0].nonce, answer={"overall": "left"})
    return study


def test_who_skips_checks_alone_is_left_out_with_the_counts_as_evidence(skipping):
    study, dodging = skipping, skipping.raters.earliest("id")
    [(who, [hit])] = rules.standing(study).items()
    assert (who, hit.rule, hit.value) == (dodging.public_id, "skipped_checks", 1.0)
    assert f"{hit.n} of {hit.n} checks (100%) and 0 of " in hit.evidence
    # A broken picture is no skip, and a skip counts as soon as it is there.
    Report.objects.filter(study=study).exclude(pk=Report.objects.first().pk).update(kind="broken")
    assert rules.standing(study) == {}


def test_what_is_kept_of_results_knows_of_a_skip(skipping):
    """A skip stores no vote, and no rater is another than before."""

    def told():
        over_time = trends_of(asked(QueryDict(f"study={skipping.public_id}"), candidates()))
        found = ranking(skipping, choices(skipping).default)
        return over_time.total.ruled_out_raters, found.counts.ruled_out_raters

    skips = Report.objects.filter(study=skipping)
    skips.update(kind="broken")
    assert told() == (0, 0)
    skips.update(kind="skip")
    assert told() == (1, 1)
