"""Blocks with their criteria, and known answers, as the API takes and gives them."""

from typing import Any

from rest_framework import serializers

from annotations.models import Block, Criterion, Gold, GoldUse


class CriterionSerializer(serializers.ModelSerializer):
    anchors = serializers.ListField(
        child=serializers.CharField(max_length=80, allow_blank=True), max_length=7, required=False
    )

    class Meta:
        model = Criterion
        fields = ("key", "label", "question", "anchors")


class LabelledSerializer(serializers.Serializer):
    key = serializers.SlugField(max_length=40)
    label = serializers.CharField(max_length=80)


class FailureSerializer(LabelledSerializer):
    hint = serializers.CharField(max_length=200, allow_blank=True, required=False, default="")


class ReasonsSerializer(serializers.Serializer):
    """{} asks for none."""

    chips = LabelledSerializer(many=True, required=False)
    text = serializers.BooleanField(required=False)
    required_for = serializers.ListField(child=serializers.CharField(max_length=40), required=False)

    def to_representation(self, instance: Any) -> Any:
        return instance


class BlockSerializer(serializers.ModelSerializer):
    """One protocol with its question, answers and design. Changes are possible in draft only."""

    id = serializers.CharField(source="public_id", read_only=True)
    key = serializers.SlugField(max_length=40, required=False)
    criteria = CriterionSerializer(many=True, required=False)
    points = serializers.ChoiceField([5, 7], required=False)
    size = serializers.IntegerField(min_value=3, max_value=9, required=False)
    taxonomy = FailureSerializer(many=True, required=False)
    reasons = ReasonsSerializer(required=False)
    comparisons_per_prompt = serializers.IntegerField(
        min_value=1, max_value=10000, required=False, allow_null=True
    )
    samples_per_generator = serializers.IntegerField(min_value=1, max_value=100000, required=False)
    quotas = serializers.JSONField(required=False)
    translations = serializers.JSONField(required=False)
    position = serializers.IntegerField(
        min_value=0, max_value=100, required=False, help_text="From 0, in the order that raters meet"
    )

    class Meta:
        model = Block
        fields = (
            "id", "key", "position", "title", "protocol", "question", "show_reference", "allow_tie",
            "allow_both_bad", "allow_cannot_judge", "graded", "points", "pages", "size", "pick", "taxonomy",
            "allow_marks", "allow_note", "reasons", "criteria", "design", "comparisons_per_prompt",
            "baseline", "samples_per_generator", "quotas", "translations",
        )  # fmt: skip


class GoldSerializer(serializers.ModelSerializer):
    """A known answer. `images` are ids of one prompt's images; slots in `expected` count in their order."""

    id = serializers.CharField(source="public_id", read_only=True)
    block = serializers.CharField(
        source="block.public_id", help_text="Id of the block; left out, the first", required=False
    )
    use = serializers.ChoiceField(GoldUse.choices, default=GoldUse.CHECK)
    images = serializers.ListField(child=serializers.CharField(max_length=40), min_length=1, max_length=9)
    expected = serializers.DictField(
        help_text='Pairs {"slot": 0}; ratings {"ratings": {"fidelity": [4, 5]}}; best of N and ranking '
        '{"best": 0}, {"worst": 1}; failure review {"failures": ["text_rendering"]} or {"none": true}'
    )

    class Meta:
        model = Gold
        fields = ("id", "block", "use", "images", "expected", "explanation", "source")
