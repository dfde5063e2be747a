import io

import numpy as np
import pytest
from PIL import Image

from scoring.metrics.decode import decode
from scoring.metrics.extractors import available_extractors
from scoring.metrics.filters import FilterLimits
from scoring.metrics.registry import METRICS, PictureFacts, PictureMetric, PromptMetric, SetMetric


def facts(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return PictureFacts(decode(out.getvalue()), FilterLimits())


def noise():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8))


PICTURE_METRICS = [metric for metric in METRICS.values() if isinstance(metric, PictureMetric)]


@pytest.mark.parametrize("metric", PICTURE_METRICS, ids=lambda metric: metric.name)
def test_picture_metrics_measure_a_finite_value(metric):
    assert np.isfinite(metric.measure(facts(noise())).value)


def test_hard_filters_keep_the_hash_and_name_what_failed():
    passed = METRICS["hard_filters"].measure(facts(noise()))
    assert passed.value == 1.0
    assert len(passed.detail["phash"]) == 16
    blank = METRICS["hard_filters"].measure(facts(Image.new("RGB", (80, 80), "grey")))
    assert blank.value == 0.0
    assert blank.detail["phash"] == ""
    assert [finding["rule"] for finding in blank.detail["findings"]] == ["blank"]


def test_every_feature_metric_names_a_role_that_exists():
    roles = available_extractors()
    feature_metrics = [metric for metric in METRICS.values() if not isinstance(metric, PictureMetric)]
    assert {metric.extractor for metric in feature_metrics} == set(roles)


def test_whatever_stands_on_the_built_in_model_says_so():
    for metric in METRICS.values():
        if isinstance(metric, PromptMetric | SetMetric) and metric.extractor == "shapes-clip":
            assert "knows coloured shapes only" in metric.note
            assert "shapes-clip" in metric.label
