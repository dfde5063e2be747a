"""The shapes of the rater's API, for its description."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from annotations.actions.reports import REASONS
from annotations.api.serializers import ErrorSerializer
from annotations.models import Protocol, ReportKind

ASSIGNMENT = inline_serializer(
    "Assignment",
    {
        "nonce": serializers.CharField(),
        "block": serializers.CharField(help_text="Key of the block that says what is asked."),
        "kind": serializers.CharField(help_text="vote, practice or quiz"),
        "protocol": serializers.ChoiceField(Protocol.choices),
        "prompt": serializers.CharField(),
        "reference": serializers.CharField(allow_null=True),
        "pictures": serializers.ListField(child=serializers.CharField(), help_text="In the order shown."),
        "sequence": serializers.IntegerField(),
        "expires_at": serializers.DateTimeField(),
    },
    many=True,
)
PROGRESS = inline_serializer(
    "RaterProgress",
    {
        "voted": serializers.IntegerField(),
        "total": serializers.IntegerField(allow_null=True),
        "left": serializers.IntegerField(),
    },
)
STATES = ["running", "waiting", "paused", "closed", "finished", "screened_out"]
NEXT = inline_serializer(
    "Next",
    {
        "assignments": ASSIGNMENT,
        "progress": PROGRESS,
        "can_undo": serializers.BooleanField(),
        "state": serializers.CharField(help_text=", ".join(STATES)),
        "retry_after_s": serializers.IntegerField(allow_null=True),
        "completion_url": serializers.CharField(allow_null=True),
    },
)
BLOCKS = inline_serializer("RaterBlocks", {"blocks": serializers.DictField(child=serializers.DictField())})
VOTE = inline_serializer(
    "VoteAnswer",
    {
        "nonce": serializers.CharField(),
        "answer": serializers.DictField(help_text="As shown; its shape is the protocol's."),
        "remarks": serializers.DictField(required=False, help_text="chips, text, marks"),
        "evidence": serializers.DictField(required=False),
    },
)
FEEDBACK = inline_serializer(
    "PracticeFeedback",
    {
        "passed": serializers.BooleanField(),
        "explanation": serializers.CharField(),
        "expected": serializers.DictField(help_text="What would have been right, as shown."),
    },
    allow_null=True,
)
STORED = inline_serializer(
    "VoteStored",
    {
        "stored": serializers.BooleanField(),
        "surplus": serializers.BooleanField(help_text="Came too late: kept, but not counted."),
        "feedback": FEEDBACK,
        "next": NEXT,
    },
)
REPORT = inline_serializer(
    "AssignmentReport",
    {
        "nonce": serializers.CharField(),
        "kind": serializers.CharField(help_text=", ".join(ReportKind.values)),
        "reason": serializers.CharField(help_text=", ".join(REASONS)),
        "position": serializers.IntegerField(required=False, allow_null=True),
        "note": serializers.CharField(required=False, allow_blank=True),
    },
)
FOLLOWED = inline_serializer("Followed", {"next": NEXT})
REFUSED = dict.fromkeys((400, 403, 404, 409, 410, 423), ErrorSerializer)
