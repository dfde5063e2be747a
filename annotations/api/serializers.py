"""What the API says and takes. Ids are public ids; rows of the database never show their own."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations import demographic_fields
from annotations.api.block_serializers import BlockSerializer, CriterionSerializer
from annotations.api.panel_serializers import PanelSerializer
from annotations.importing.columns import KNOWN
from annotations.models import Image, Protocol, Study
from annotations.selectors import study_overview


class StudyListSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    images = serializers.IntegerField(source="image_count", read_only=True)
    votes = serializers.IntegerField(source="vote_count", read_only=True)
    active_at = serializers.DateTimeField(read_only=True)
    protocol = serializers.CharField(source="block.protocol", read_only=True)

    class Meta:
        model = Study
        fields = (
            "id",
            "name",
            "state",
            "protocol",
            "source",
            "is_demo",
            "images",
            "votes",
            "created_at",
            "active_at",
        )


class ProgressSerializer(serializers.Serializer):
    votes = serializers.IntegerField(help_text="Standing votes without attention checks")
    wanted = serializers.IntegerField()
    raters = serializers.IntegerField()
    simulated_raters = serializers.IntegerField()
    checks = serializers.IntegerField()
    checks_passed = serializers.IntegerField()
    renditions = serializers.IntegerField(help_text="Blinded pictures to prepare before raters may come")
    rendered = serializers.IntegerField()
    last_vote_at = serializers.DateTimeField(allow_null=True)


class StudySerializer(serializers.ModelSerializer):
    """A study with its design. Everything but the state is frozen from launch on."""

    id = serializers.CharField(source="public_id", read_only=True)
    protocol = serializers.ChoiceField(
        source="block.protocol", choices=Protocol.choices, required=False, help_text="Of the first block"
    )
    overlap = serializers.IntegerField(min_value=1, max_value=1000, required=False, write_only=True)
    consent_text = serializers.CharField(max_length=10000, required=False, write_only=True)
    question = serializers.CharField(source="block.question", max_length=300, required=False)
    allow_tie = serializers.BooleanField(source="block.allow_tie", required=False)
    allow_both_bad = serializers.BooleanField(source="block.allow_both_bad", required=False)
    comparisons_per_prompt = serializers.IntegerField(
        source="block.comparisons_per_prompt", min_value=1, max_value=10000, required=False, allow_null=True
    )
    criteria = CriterionSerializer(source="block.criteria", many=True, required=False)
    blocks = BlockSerializer(
        many=True, read_only=True, help_text="All of them; question, protocol and criteria are of the first"
    )
    panels = PanelSerializer(many=True, read_only=True)
    repeat_share = serializers.FloatField(min_value=0, max_value=0.5, required=False)
    rules = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text='Exclusion rules, such as {"rule": "failed_checks", "count": 2}; at first the defaults',
    )
    ask_demographics = serializers.ListField(
        child=serializers.ChoiceField(list(demographic_fields.FIELDS)), required=False
    )
    translations = serializers.JSONField(required=False)
    check_every = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    first_check_within = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    box_px = serializers.IntegerField(min_value=128, max_value=4096, required=False)
    lease_s = serializers.IntegerField(min_value=30, max_value=86400, required=False)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = (
            "id", "name", "question", "instructions", "consent_text", "protocol", "criteria", "allow_tie",
            "allow_both_bad", "overlap", "comparisons_per_prompt", "max_votes_per_rater", "check_every",
            "first_check_within", "repeat_share", "prompt_gap", "break_after_min", "rules",
            "ask_demographics", "privacy_text", "language", "translations", "box_px",
            "encoding", "lease_s", "seed", "source", "is_demo", "state", "design_hash", "created_at",
            "launched_at", "closed_at", "blocks", "panels", "progress",
        )  # fmt: skip
        read_only_fields = ("source", "is_demo", "state", "design_hash", "launched_at", "closed_at")

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, study: Study) -> dict[str, Any]:
        return ProgressSerializer(study_overview.progress(study)).data

    def validate_check_every(self, value: int) -> int:
        if 0 < value < 3:
            raise serializers.ValidationError(
                "Two checks may not follow each other: take 0 for none, or 3 and more."
            )
        return value


class ImageSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id")
    prompt_id = serializers.CharField(source="prompt.key")
    prompt = serializers.CharField(source="prompt.text")
    category = serializers.CharField(source="prompt.category")
    niche = serializers.CharField(source="prompt.niche")
    generator = serializers.CharField(source="generator.name")

    class Meta:
        model = Image
        fields = (
            "id", "prompt_id", "prompt", "category", "niche", "generator", "seed", "width", "height",
            "format", "bytes", "sha256", "metadata", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class ImagePostSerializer(serializers.Serializer):
    """One output as it is made. The picture and all fields go through the same checks as a manifest's row."""

    image = serializers.FileField(allow_empty_file=False)
    prompt = serializers.CharField(max_length=20000)
    prompt_id = serializers.CharField(
        max_length=200, required=False, help_text="Left out: made from the prompt's words, the same each time"
    )
    generator = serializers.CharField(max_length=200)
    category = serializers.CharField(max_length=100, required=False, default="")
    niche = serializers.CharField(max_length=100, required=False, default="")
    seed = serializers.CharField(max_length=40, required=False, default="")
    metadata = serializers.JSONField(
        required=False, default=dict, help_text="A JSON object, kept with the image"
    )

    def validate_metadata(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise serializers.ValidationError('Send a JSON object, such as {"steps": 30}.')
        if taken := sorted(set(map(str.lower, value)) & set(KNOWN)):
            raise serializers.ValidationError(
                f"{', '.join(taken)}: send this as a field of its own, not as metadata."
            )
        return value


class ErrorSerializer(serializers.Serializer):
    """What every refusal looks like."""

    code = serializers.CharField()
    message = serializers.CharField()
    mend = serializers.CharField()
    details = serializers.ListField(child=serializers.DictField())
