import zipfile

import pytest

from scoring.actions import metrics, reference_sets, runs, set_scores
from scoring.errors import ScoringRefused
from scoring.metrics.frechet import frechet_set_score
from scoring.models import ReferenceSet, ScoreState, SetScore
from tests.scoring.conftest import png


@pytest.fixture
def with_tiny(tiny_model, open_clip_is):
    open_clip_is(f"local-dir:{tiny_model}")
    metrics.sync()


@pytest.fixture
def reference(db, tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for seed in range(24):
            archive.writestr(f"{seed}.png", png(1000 + seed))
    return reference_sets.create(name="Cups as they ought to be", source=path).reference_set


@pytest.fixture
def images(make_image):
    return [make_image(generator=name, prompt=f"p{i}") for i in range(22) for name in ("a", "b")]


@pytest.mark.long
def test_each_generator_gets_its_distance_with_n_interval_and_warning(images, study, reference, with_tiny):
    set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    runs.drain(budget_s=None)
    a, b = SetScore.objects.order_by("generator__name")
    for row in (a, b):
        assert row.state == ScoreState.DONE
        assert row.low <= row.value <= row.high
        assert (row.n, row.detail["n_reference"]) == (22, 24)
        assert "under the 40" in row.warning
        assert "delete-half" in row.detail["method"]
    assert a.value != b.value


@pytest.mark.long
def test_the_value_is_that_of_the_features_in_the_cache(images, study, reference, with_tiny):
    from scoring import conf

    set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    runs.drain(budget_s=None)
    row = SetScore.objects.get(generator__name="a")
    cache, key = conf.feature_cache(), row.detail["extractor"]

    def features(contents):
        return [cache.get(key, content) for content in contents]

    own = study.images.filter(generator__name="a").values_list("sha256", flat=True)
    expected = frechet_set_score(features(own), features(reference.pictures.values_list("sha256", flat=True)))
    assert row.value == pytest.approx(expected.value, rel=1e-9)


@pytest.mark.long
def test_asking_again_on_the_same_pictures_gives_the_same_rows(
    images, study, reference, with_tiny, make_image
):
    first = set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    again = set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    assert [row.pk for row in first] == [row.pk for row in again]
    make_image(generator="a")
    more = set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    assert len({row.pk for row in more} - {row.pk for row in first}) == 1


@pytest.mark.long
def test_one_unreadable_picture_is_an_error_and_not_a_smaller_set(
    images, study, reference, with_tiny, make_image
):
    make_image(generator="a", write=False)
    set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    runs.drain(budget_s=None)
    row = SetScore.objects.get(generator__name="a")
    assert row.value is None
    assert "1 of 23 pictures cannot be read" in row.error
    assert SetScore.objects.get(generator__name="b").state == ScoreState.DONE


def test_a_single_picture_has_no_distance_and_says_why(study, reference, with_tiny, make_image):
    make_image(generator="a")
    set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    runs.drain(budget_s=None)
    assert "at least 2 vectors" in SetScore.objects.get().error


@pytest.mark.long
def test_set_scores_wait_for_weights_like_any_other(images, study, reference, open_clip_is, tmp_path):
    open_clip_is(f"local-dir:{tmp_path / 'absent'}")
    metrics.sync()
    set_scores.request(study=study, reference_set=reference, metric_names=["fd_clip"])
    assert set(SetScore.objects.values_list("state", flat=True)) == {"unavailable"}


def test_impossible_requests_are_refused_with_their_mend(study, reference, with_tiny, make_image):
    with pytest.raises(ScoringRefused, match="no images"):
        set_scores.request(study=study, reference_set=reference)
    make_image()
    with pytest.raises(ScoringRefused, match="no such set metric"):
        set_scores.request(study=study, reference_set=reference, metric_names=["beauty"])
    with pytest.raises(ScoringRefused, match="no pictures"):
        set_scores.request(study=study, reference_set=ReferenceSet.objects.create(name="Empty"))


def test_the_hash_of_contents_ignores_order_and_counts_repeats():
    assert set_scores.content_hash(["b", "a"]) == set_scores.content_hash(["a", "b"])
    assert set_scores.content_hash(["a", "a"]) != set_scores.content_hash(["a"])
