import io
import zipfile

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from scoring.actions import metrics, reference_sets
from scoring.models import Metric, ReferenceSet, Score, ScoreState, SetScore
from tests.scoring.conftest import png


@pytest.fixture
def staff(client, db):
    client.force_login(User.objects.create_user("designer", is_staff=True))
    return client


@pytest.fixture(autouse=True)
def no_weights(open_clip_is, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    open_clip_is("ViT-B-32", "laion2b_s34b_b79k")


def archive(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in files.items():
            target.writestr(f"{name}.png", data)
    return SimpleUploadedFile("set.zip", out.getvalue(), "application/zip")


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("name", ["scoring", "reference-sets", "set-scores"])
def test_pages_are_for_designers_only(client, db, name):
    assert client.get(reverse(name)).status_code == 302
    client.force_login(User.objects.create_user("visitor"))
    assert client.get(reverse(name)).status_code == 403


def test_the_queue_shows_every_metric_and_the_command_for_absent_weights(staff):
    metrics.sync()
    page = text(staff.get(reverse("scoring")))
    for metric in Metric.objects.filter(active=True):
        assert metric.label in page
    assert "python manage.py fetch_weights ViT-B-32:laion2b_s34b_b79k" in page
    assert "knows coloured shapes only" in page


def test_counts_stand_beside_each_metric(staff, make_image):
    metrics.sync()
    sharpness = Metric.objects.get(name="sharpness")
    for state in ("pending", "done", "done"):
        Score.objects.create(
            image=make_image(), metric=sharpness, state=state, value=1, computed_at="2026-01-01T00:00Z"
        )
    rows = {row.metric.name: row for row in staff.get(reverse("scoring")).context["rows"]}
    assert (rows["sharpness"].counts["pending"], rows["sharpness"].counts["done"]) == (1, 2)
    assert rows["contrast"].total == 0


def test_a_parked_score_shows_its_error_and_can_be_tried_again(staff, make_image):
    metrics.sync()
    parked = [
        Score.objects.create(
            image=make_image(generator="<b>bold</b>"),
            metric=Metric.objects.get(name=name),
            state=ScoreState.PARKED,
            attempts=3,
            error="the file is gone <script>",
        )
        for name in ("sharpness", "contrast")
    ]
    page = text(staff.get(reverse("scoring")))
    assert "the file is gone &lt;script&gt;" in page
    assert "<b>bold</b>" not in page
    staff.post(reverse("scoring-retry"), {"score": parked[0].pk})
    states = list(Score.objects.order_by("id").values_list("state", flat=True))
    assert states == [ScoreState.PENDING, ScoreState.PARKED]
    staff.post(reverse("scoring-retry"))
    assert not Score.objects.filter(state=ScoreState.PARKED).exists()


def test_trying_again_wants_a_post(staff):
    assert staff.get(reverse("scoring-retry")).status_code == 405


def test_a_reference_set_comes_in_by_upload(staff):
    page = reverse("reference-sets")
    answer = staff.post(page, {"name": "Cups", "archive": archive(a=png(1), b=png(2))}, follow=True)
    assert "imported with 2 pictures" in text(answer)
    assert ReferenceSet.objects.get().created_by.username == "designer"
    assert "Cups" in text(staff.get(page))


def test_a_bad_archive_is_refused_with_every_problem_on_the_page(staff):
    answer = staff.post(
        reverse("reference-sets"), {"name": "Cups", "archive": archive(a=b"no", b=png(1)[:99])}
    )
    assert answer.status_code == 422
    assert "a.png" in text(answer)
    assert "b.png" in text(answer)
    assert not ReferenceSet.objects.exists()


def test_set_scores_are_asked_for_and_shown_with_their_state(staff, study, make_image, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.png").write_bytes(png(1))
    made = reference_sets.create(name="Cups", source=tmp_path / "set").reference_set
    make_image(generator="crisp")
    metrics.sync()
    answer = staff.post(reverse("set-scores"), {"study": study.pk, "reference_set": made.pk}, follow=True)
    assert "2 set scores asked for" in text(answer)
    assert set(SetScore.objects.values_list("metric__name", flat=True)) == {"fd_clip", "fd_clip_shapes"}
    assert "Weights absent" in text(answer)
    assert "knows coloured shapes only" in text(answer)


def test_an_impossible_request_gets_a_page_that_says_why(staff, study, tmp_path):
    made = ReferenceSet.objects.create(name="Empty")
    answer = staff.post(reverse("set-scores"), {"study": study.pk, "reference_set": made.pk})
    assert answer.status_code == 409
    assert "has no images" in text(answer)
