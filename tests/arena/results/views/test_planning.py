"""How many votes: the page and the API."""

import re

import pytest
from django.urls import reverse

from arena.analytics.planning import plan_study
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory())
    return client


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_page_works_out_a_usual_study_before_anything_is_asked(analyst):
    response = analyst.get(reverse("plan"))
    text = text_of(response)
    plan = plan_study(4, 0.6, tie_rate=0.15, icc=0.05, votes_per_rater=50)
    assert response.status_code == 200
    assert f"{plan.votes_per_pair:,} votes. That is {plan.pair_plan.decided_exact:,} decided votes" in text
    assert f"{plan.votes:,} votes by {plan.raters:,} raters" in text


def test_a_smaller_preference_asks_for_more(analyst):
    asked = {"generators": 2, "share": 0.55, "power": 0.9, "alpha": 0.05, "ties": 0, "likeness": 0}
    asked |= {"votes_per_rater": 20, "seconds": 10, "cost": 0, "half_width": 0.1}
    text = text_of(analyst.get(reverse("plan"), asked))
    plan = plan_study(2, 0.55, power=0.9)
    assert f"{plan.votes_per_pair:,} votes" in text
    assert "Bonferroni" not in text


@pytest.mark.parametrize("wrong", [{"share": "0.5"}, {"generators": "1"}, {"power": "no"}, {"alpha": "nan"}])
def test_what_cannot_be_planned_for_is_said_beside_the_field(analyst, wrong):
    response = analyst.get(reverse("plan"), wrong)
    assert response.status_code == 400
    assert f'id="id_{next(iter(wrong))}_error"' in response.content.decode()


def test_the_api_gives_the_same_plan_and_names_what_is_wrong(analyst):
    found = analyst.get(reverse("api-plan"), {"share": 0.65, "generators": 3}).json()
    plan = plan_study(3, 0.65, tie_rate=0.15, icc=0.05, cost_per_hour=12)
    assert found["plan"]["votes"] == plan.votes
    assert found["plan"]["pair_plan"]["decided_exact"] == plan.pair_plan.decided_exact
    assert found["votes_per_pair_for_half_width"] > 384
    refused = analyst.get(reverse("api-plan"), {"share": 0.4})
    assert refused.status_code == 400
    assert "share" in str(refused.json())


def test_only_analysts_plan(client):
    assert client.get(reverse("plan")).url.startswith("/accounts/login/")
    client.force_login(UserFactory(is_staff=False))
    assert client.get(reverse("plan")).status_code == 403
    assert client.get(reverse("api-plan")).status_code == 403
