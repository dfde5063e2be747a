"""Votes made elsewhere: what a file does not say is not claimed."""

import pytest
from django.urls import reverse

from annotations.actions.vote_import import import_votes
from arena.results.filters import choices
from arena.results.report import markdown
from arena.results.report.build import build
from tests.arena.results.studies import imported, noisy_lines
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
KINDS = {
    "ratings": ({"generator": "m", "rating": "v", "prompt": "p"}, "m,v,p"),
    "ranking": ({"generator": "m", "rank": "v", "ballot": "p", "prompt": "p"}, "m,v,p"),
    "pairs": ({"better": "m", "worse": "v", "prompt": "p"}, "m,v,p"),
}


def nameless(folder, kind):
    mapping, header = KINDS[kind]
    other = "b" if kind == "pairs" else "1"
    second = "a" if kind == "pairs" else "2"
    rows = [f"a,{other},p{n}\nb,{second},p{n}" for n in range(12)]
    path = folder / "votes.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return import_votes(path=path, name="Nameless", mapping=mapping).study


def report(study):
    return markdown.render(build(study, choices(study).default))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_raters_is_said_to_have_none_on_page_and_report(client, tmp_path, kind):
    study = nameless(tmp_path, kind)
    client.force_login(UserFactory())
    for name in ("results", "results-raters", "api-ranking"):
        assert (
            "The file names no raters" in client.get(reverse(name, args=[study.public_id])).content.decode()
        )
    said = report(study)
    assert "The votes name no raters" in said
    assert "clustered by rater, with the CR2 correction" not in said


def test_ratings_without_raters_have_no_severity_and_are_not_cleaned(client, tmp_path):
    study = nameless(tmp_path, "ratings")
    client.force_login(UserFactory())
    said = client.get(reverse("results", args=[study.public_id])).content.decode()
    assert "Severity is an effect of raters, and the file names none." in said
    assert "Cleaning holds each rater against the others, and the file names none." in said
    assert "BT.500 would reject" not in said


@pytest.mark.long
def test_a_report_of_votes_made_elsewhere_claims_nothing_about_how_they_were_collected(tmp_path):
    said = report(imported(tmp_path, noisy_lines()))
    assert "collected elsewhere" in said
    assert "left from “left”; outcome from “outcome”" in said
    for claim in ("Raters saw pictures", "Blinding hides", "Nobody looked at results"):
        assert claim not in said


def test_a_report_cites_only_what_its_methods_name(tmp_path):
    said = report(nameless(tmp_path, "ratings"))
    assert "Krippendorff (2011)" in said
    assert "Bradley & Terry" not in said


def test_days_are_no_filter_for_votes_that_bear_the_day_of_their_import(client, tmp_path):
    study = imported(tmp_path, noisy_lines(40))
    client.force_login(UserFactory())
    assert 'name="since"' not in client.get(reverse("results", args=[study.public_id])).content.decode()


def test_many_raters_come_in_pages_and_are_found_by_name(client, tmp_path, monkeypatch):
    monkeypatch.setattr("arena.results.views.raters.PER_PAGE", 5)
    study = imported(tmp_path, noisy_lines())
    client.force_login(UserFactory())
    address = reverse("results-raters", args=[study.public_id])
    assert client.get(address).content.decode().count('<span class="mono">') == 5
    found = client.get(address, {"rater": "r11", "simulated": "without"}).content.decode()
    assert found.count('<span class="mono">') == 1
    assert 'type="hidden" name="simulated" value="without"' in found
    assert "No rater’s name holds" in client.get(address, {"rater": "nobody"}).content.decode()
