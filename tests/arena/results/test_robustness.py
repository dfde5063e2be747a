"""What the ranking hangs on: rules, few votes, single raters."""

import pytest

from annotations.models import Study
from arena.results.filters import choices
from arena.results.rankings import ranking
from arena.results.robustness import robustness
from arena.results.selection import select
from tests.arena.results.studies import imported, noisy_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path) -> Study:
    return imported(tmp_path, noisy_lines(240))


def test_the_first_variant_is_the_page_s_own_ranking(study):
    filters = choices(study).default
    found = robustness(study, filters)
    page = ranking(study, filters).result
    ours = [(row.generator, row.points) for row in found.variants[0].result.rows]
    assert ours == [(row.generator, pytest.approx(row.points)) for row in page.rows]
    assert [variant.label for variant in found.variants] == ["As on the page", "Nobody left out"]


def test_each_rule_is_tried_alone_and_left_away(study):
    Study.objects.filter(pk=study.pk).update(rules=[{"rule": "side_share", "above": 0.6, "at_least": 10}])
    study.refresh_from_db()
    found = robustness(study, choices(study).default)
    labels = [variant.label for variant in found.variants]
    assert any(label.startswith("Only: ") for label in labels)
    only = next(variant for variant in found.variants if variant.label.startswith("Only: "))
    assert only.left_out > 0
    assert only.votes == select(study, choices(study).default).counts.votes < 240


def test_dropping_the_named_raters_changes_the_leader(study):
    filters = choices(study).default
    found = robustness(study, filters)
    dropped = {study.raters.get(public_id=name).public_id for name in found.raters.names}
    part = select(study, filters, left_out=dropped)
    assert part.counts.excluded_raters == found.raters.dropped
    assert len(found.by_rater) == 12
