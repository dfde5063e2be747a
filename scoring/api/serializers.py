"""What the scoring API says and takes."""

from typing import Any

from rest_framework import serializers

from scoring import selectors
from scoring.models import Metric, ReferenceSet, Score, ScoreState, SetScore


class MetricSerializer(serializers.ModelSerializer):
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Scores in each state")
    note = serializers.CharField(help_text="What the number means and does not mean")

    class Meta:
        model = Metric
        fields = (
            "name", "version", "kind", "label", "note", "extractor", "weights_source", "weights_sha256",
            "licence", "higher_is_better", "unavailable_reason", "unavailable_command", "counts",
        )  # fmt: skip

    def to_representation(self, instance: selectors.MetricRow) -> dict[str, Any]:
        instance.metric.counts = instance.counts
        return super().to_representation(instance.metric)


class ScoreSerializer(serializers.ModelSerializer):
    """One metric on one image, with the version and weights that made it."""

    image = serializers.CharField(source="image.public_id")
    study = serializers.CharField(source="image.study.public_id")
    generator = serializers.CharField(source="image.generator.name")
    prompt = serializers.CharField(source="image.prompt.key")
    metric = serializers.CharField(source="metric.name")
    version = serializers.CharField(source="metric.version")
    extractor = serializers.CharField(source="metric.extractor")
    weights_sha256 = serializers.CharField(source="metric.weights_sha256")
    note = serializers.CharField(source="metric.note")

    class Meta:
        model = Score
        fields = (
            "image", "study", "generator", "prompt", "metric", "version", "extractor", "weights_sha256",
            "note", "state", "value", "detail", "attempts", "error", "computed_at",
        )  # fmt: skip


class SetScoreSerializer(serializers.ModelSerializer):
    """One distribution metric on one generator's images, with n, interval, method and warning."""

    id = serializers.CharField(source="public_id")
    study = serializers.CharField(source="study.public_id")
    generator = serializers.CharField(source="generator.name")
    metric = serializers.CharField(source="metric.name")
    version = serializers.CharField(source="metric.version")
    extractor = serializers.CharField(source="metric.extractor")
    weights_sha256 = serializers.CharField(source="metric.weights_sha256")
    note = serializers.CharField(source="metric.note")
    reference_set = serializers.CharField(source="reference_set.public_id")

    class Meta:
        model = SetScore
        fields = (
            "id", "study", "generator", "metric", "version", "extractor", "weights_sha256", "note",
            "reference_set", "state", "value", "low", "high", "n", "warning", "detail", "content_hash",
            "error", "computed_at",
        )  # fmt: skip


class SetScoreRequestSerializer(serializers.Serializer):
    study = serializers.CharField(help_text="Id of the study")
    reference_set = serializers.CharField(help_text="Id of the reference set")
    metrics = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Names of set metrics; all where left out"
    )


class ReferenceSetSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    pictures = serializers.IntegerField(source="picture_count", read_only=True)

    class Meta:
        model = ReferenceSet
        fields = ("id", "name", "description", "pictures", "content_hash", "created_at")


class ReferenceSetPostSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    archive = serializers.FileField(help_text="A ZIP of pictures")


class RetriedSerializer(serializers.Serializer):
    retried = serializers.IntegerField()


class ScoreQuerySerializer(serializers.Serializer):
    metric = serializers.CharField(required=False, default="")
    state = serializers.ChoiceField(choices=ScoreState.choices, required=False, default="")
    all_versions = serializers.BooleanField(required=False, default=False)
