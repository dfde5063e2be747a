"""Ratings cleaned the standard ways, on the page of opinion scores."""

import pytest
from django.urls import reverse

from arena.analytics.result import Undefined
from arena.results.cleaning import cleaned, cleaned_tables, cleaned_words
from arena.results.filters import choices
from arena.results.opinions import opinions
from tests.arena.results.studies import voted_study
from tests.factories import UserFactory, launched_study

pytestmark = pytest.mark.django_db


@pytest.mark.long
def test_plain_means_are_those_of_the_page_and_cleaned_ones_stand_beside_them(client):
    study = voted_study(raters=4, protocol="likert", check_every=0)
    asked = choices(study).default
    parts = cleaned(study, asked)
    plain = {(row.criterion, row.generator): row.mean.value for row in opinions(study, asked).scores.rows}
    for (key, label), part in zip(study.block.criteria.values_list("key", "label"), parts, strict=True):
        assert part.label == label
        for name in part.found.generators:
            assert part.found.plain[name].value == pytest.approx(plain[key, name])
    assert all("BT.500 would reject" in said for _, said in cleaned_words(parts))
    made = cleaned_tables(parts)
    assert len(made) == 2 * len(parts)
    assert len(made[1].rows) == 4
    client.force_login(UserFactory())
    text = client.get(reverse("results", args=[study.public_id])).content.decode()
    assert 'id="cleaned-1"' in text
    assert "BT.500 would reject" in text


def test_without_ratings_the_reason_is_said():
    study = launched_study(protocol="likert", check_every=0)
    parts = cleaned(study, choices(study).default)
    assert all(isinstance(part.found, Undefined) for part in parts)
    assert cleaned_tables(parts) == []
    assert all("no ratings" in said for _, said in cleaned_words(parts))
