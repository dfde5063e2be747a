import pytest

from annotations.models import AuditEvent, Rater, Study, StudyState, Vote
from arena.demo import seed
from scoring.models import SetScore

SMALL = seed.Size(
    prompts_per_category=1,
    pair_raters=3,
    pair_votes=6,
    rating_prompts_per_category=1,
    rating_raters=2,
    rating_votes=4,
    mixed_prompts_per_category=1,
    mixed_raters=2,
    mixed_votes=20,
    reference_pictures=3,
)


@pytest.fixture
def links(db, settings, tmp_path) -> seed.Links:
    settings.VAR_DIR = tmp_path
    return seed.ensure_demo(size=SMALL)


@pytest.mark.slow
def test_the_demo_runs_with_simulated_votes_only(links: seed.Links) -> None:
    studies = Study.objects.filter(is_demo=True)
    assert {study.name: study.state for study in studies} == {
        seed.PAIRS: StudyState.RUNNING,
        seed.RATINGS: StudyState.RUNNING,
        seed.MIXED: StudyState.RUNNING,
    }
    assert Vote.objects.filter(study__name=seed.PAIRS).count() == 18
    assert Vote.objects.filter(study__name=seed.RATINGS).count() == 8
    mixed = Vote.objects.filter(study__name=seed.MIXED)
    assert mixed.count() == 40
    assert set(mixed.values_list("comparison__block__protocol", flat=True)) == {
        "best_of_n",
        "ranking",
        "failure_review",
    }
    assert set(Rater.objects.values_list("simulated", flat=True)) == {True}
    assert SetScore.objects.count() == 4


@pytest.mark.slow
def test_a_second_start_changes_nothing(links: seed.Links) -> None:
    before = (Study.objects.count(), Vote.objects.count(), Rater.objects.count(), AuditEvent.objects.count())
    assert seed.ensure_demo(size=SMALL) == links
    after = (Study.objects.count(), Vote.objects.count(), Rater.objects.count(), AuditEvent.objects.count())
    assert after == before


@pytest.mark.slow
def test_its_links_answer_and_its_login_works(links: seed.Links, client) -> None:
    assert client.get(links.vote, follow=True).status_code == 200
    assert client.get(links.rate, follow=True).status_code == 200
    assert client.get(links.mixed, follow=True).status_code == 200
    assert client.login(username=links.username, password=links.password)
    page = client.get(links.results).content.decode()
    assert "simulated" in page
