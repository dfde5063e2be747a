"""Panels with their quotas and invitations, consent texts, and judges, as the API takes and gives them."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.actions.invitations import state_of
from annotations.models import ConsentText, Invitation, Outcome, Panel, PanelEntry, PanelKind, Quota

WAYS = serializers.DictField(child=serializers.CharField(max_length=500, allow_blank=True))


class QuotaSerializer(serializers.ModelSerializer):
    cell = serializers.DictField(
        child=serializers.CharField(max_length=20), help_text='Such as {"gender": "woman"}'
    )

    class Meta:
        model = Quota
        fields = ("cell", "most_raters")


class PanelSerializer(serializers.ModelSerializer):
    """A group of raters. After launch only `is_open`, `outcomes`, `max_raters` and `quotas` change."""

    id = serializers.CharField(source="public_id", read_only=True)
    kind = serializers.ChoiceField(choices=PanelKind.choices, default=PanelKind.CROWD)
    entry = serializers.ChoiceField(choices=PanelEntry.choices, required=False)
    overlap = serializers.IntegerField(min_value=1, max_value=1000, default=3)
    is_open = serializers.BooleanField(required=False)
    max_raters = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    quiz_pass_mark = serializers.FloatField(min_value=0.01, max_value=1, required=False, allow_null=True)
    quiz_attempts = serializers.IntegerField(min_value=1, max_value=10, required=False)
    outcomes = serializers.DictField(
        child=WAYS,
        required=False,
        help_text=f'{{"completed": {{"code": "…", "url": "…"}}}} for any of {", ".join(Outcome.values)}',
    )
    quotas = QuotaSerializer(many=True, required=False)
    link = serializers.SerializerMethodField(
        help_text="Whoever has the link of an open panel can vote; others need an invitation or a token."
    )

    class Meta:
        model = Panel
        fields = (
            "id", "name", "kind", "entry", "overlap", "max_raters", "practice", "quiz_pass_mark",
            "quiz_attempts", "outcomes", "verify", "quotas", "is_open", "link",
        )  # fmt: skip

    @extend_schema_field(serializers.URLField)
    def get_link(self, panel: Panel) -> str:
        return self.context["request"].build_absolute_uri(reverse("rater-entry", args=[panel.token]))


class InvitationSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    state = serializers.SerializerMethodField(help_text="open, used, revoked or expired")

    class Meta:
        model = Invitation
        fields = ("id", "label", "email", "state", "created_at", "expires_at", "used_at")

    def get_state(self, invitation: Invitation) -> str:
        return state_of(invitation)


class InviteeSerializer(serializers.Serializer):
    label = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    email = serializers.EmailField(required=False, default="", allow_blank=True)


class InvitationPostSerializer(serializers.Serializer):
    """Rows, or a number of invitations without labels."""

    rows = InviteeSerializer(many=True, required=False)
    count = serializers.IntegerField(min_value=1, max_value=5000, required=False, default=0)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class MadeSerializer(InvitationSerializer):
    link = serializers.CharField(read_only=True, help_text="Told this once; only its hash is kept")

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "link")


class ConsentSerializer(serializers.ModelSerializer):
    """A new text is a new version, in force at once: raters in the study are asked again."""

    text = serializers.CharField(max_length=10000)
    translations = serializers.DictField(child=serializers.CharField(max_length=10000), required=False)

    class Meta:
        model = ConsentText
        fields = ("version", "text", "translations", "created_at")
        read_only_fields = ("version",)


class JudgePostSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=80)
    version = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class JudgeSerializer(serializers.Serializer):
    id = serializers.CharField(help_text="Of the rater, as in exports")
    label = serializers.CharField(help_text="Name and version")
    voted = serializers.IntegerField()
    state = serializers.CharField()


class JudgeSecretSerializer(JudgeSerializer):
    secret = serializers.CharField(help_text="Send it as `Authorization: Rater …`; told this once")
    next = serializers.CharField(help_text="GET: what to answer")
    blocks = serializers.CharField(help_text="GET: what each block asks")
    votes = serializers.CharField(help_text="POST: an answer")
    report = serializers.CharField(help_text="POST: skip, or a broken picture")
