"""What a designer may set before launch. The forms check shapes and words; the action checks the study."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.text import slugify

from annotations.models import Encoding, Panel, Protocol, Study

POINTS = 5
OFFERED = [
    (Protocol.PAIRWISE, "Pairs: two pictures side by side, which one wins?"),
    (Protocol.LIKERT, "Ratings: one picture at a time, 1 to 5 on each criterion"),
]
BOXES = [
    (512, "512 px"),
    (640, "640 px"),
    (768, "768 px"),
    (1024, "1024 px"),
    (1536, "1536 px"),
    (2048, "2048 px"),
]


class DescribedForm(forms.Form):
    """Ties every field to its hint and its error, so that a screen reader reads them together."""

    def __init__(self, *args: Any, without: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name in without:
            del self.fields[name]
        for name, field in self.fields.items():
            base = f"id_{self.add_prefix(name)}"
            described = [f"{base}_hint"] if field.help_text else []
            if self.is_bound and name in self.errors:
                described.append(f"{base}_error")
                field.widget.attrs["aria-invalid"] = "true"
            if described:
                field.widget.attrs["aria-describedby"] = " ".join(described)


class DesignForm(DescribedForm):
    name = forms.CharField(
        max_length=200, label="Name", help_text="For you and your colleagues; raters don't see it."
    )
    question = forms.CharField(
        max_length=300,
        label="Question",
        help_text="Stands above the pictures, the same words for every answer.",
    )
    instructions = forms.CharField(
        required=False,
        max_length=5000,
        label="Instructions",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Read once before the first answer. Say what counts and what to ignore.",
    )
    consent_text = forms.CharField(
        max_length=10000,
        label="Consent",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What raters agree to: who you are, what is stored, for how long, whom to ask.",
    )
    protocol = forms.ChoiceField(choices=OFFERED, widget=forms.RadioSelect, label="How raters answer")
    allow_tie = forms.BooleanField(required=False, label="Raters may say that both are equal")
    allow_both_bad = forms.BooleanField(required=False, label="Raters may say that both are bad")
    overlap = forms.IntegerField(
        min_value=1,
        max_value=1000,
        label="Raters per comparison",
        help_text="Different raters who answer the same question.",
    )
    comparisons_per_prompt = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10000,
        label="Comparisons per prompt",
        help_text="Empty: every pair of generators once.",
    )
    max_votes_per_rater = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100000,
        label="Most votes per rater",
        help_text="Empty: no limit.",
    )
    check_every = forms.IntegerField(
        min_value=0,
        max_value=1000,
        label="One check in",
        help_text="About one answer in so many is an attention check. 0: none.",
    )
    first_check_within = forms.IntegerField(
        min_value=1,
        max_value=1000,
        label="First check within",
        help_text="A rater's first check comes among so many first answers.",
    )
    box_px = forms.TypedChoiceField(
        choices=BOXES,
        coerce=int,
        label="Box",
        help_text="Every picture is fitted into a square of this size, never cropped.",
    )
    encoding = forms.ChoiceField(
        choices=Encoding.choices,
        label="Encoding",
        help_text="The same for all pictures, whatever they came as.",
    )
    lease_s = forms.IntegerField(
        min_value=30,
        max_value=86400,
        label="Seconds to answer",
        help_text="Then the place is free for somebody else.",
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=2**53,
        label="Seed",
        help_text="Same seed, same plan: order of comparisons and sides.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        every = cleaned.get("check_every")
        if every is not None and 0 < every < 3:
            self.add_error(
                "check_every", "Two checks may not follow each other: take 0 for none, or 3 and more."
            )
        return cleaned


class CriterionForm(DescribedForm):
    """One Likert criterion; an empty label leaves it out."""

    key = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
    label = forms.CharField(required=False, max_length=80, label="Criterion")
    question = forms.CharField(required=False, max_length=300, label="Question")
    anchor_1 = forms.CharField(required=False, max_length=80, label="1 means")
    anchor_2 = forms.CharField(required=False, max_length=80, label="2 means")
    anchor_3 = forms.CharField(required=False, max_length=80, label="3 means")
    anchor_4 = forms.CharField(required=False, max_length=80, label="4 means")
    anchor_5 = forms.CharField(required=False, max_length=80, label="5 means")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        label, anchors = cleaned.get("label", ""), self.anchors
        if not label and (cleaned.get("question") or any(anchors)):
            self.add_error("label", "Name the criterion, or empty its other fields to leave it out.")
        if label and not (anchors[0] and anchors[-1]):
            self.add_error("anchor_1", "Say in words at least what 1 and what 5 mean.")
        return cleaned

    @property
    def anchors(self) -> list[str]:
        return [self.cleaned_data.get(f"anchor_{point}", "") for point in range(1, POINTS + 1)]

    @property
    def anchor_fields(self) -> list[forms.BoundField]:
        return [self[f"anchor_{point}"] for point in range(1, POINTS + 1)]


class CriterionFormSet(forms.BaseFormSet):
    def clean(self) -> None:
        if any(self.errors):
            return
        keys = [criterion["key"] for criterion in self.criteria()]
        if len(keys) != len(set(keys)):
            raise forms.ValidationError("Two criteria have the same name. Give each its own.")

    def criteria(self) -> list[dict[str, Any]]:
        """The filled-in rows as the action takes them."""
        return [
            {
                "key": form.cleaned_data.get("key")
                or slugify(form.cleaned_data["label"])[:40]
                or f"criterion-{number}",
                "label": form.cleaned_data["label"],
                "question": form.cleaned_data.get("question", ""),
                "anchors": form.anchors,
            }
            for number, form in enumerate(self.forms, start=1)
            if form.cleaned_data.get("label")
        ]


Criteria = forms.formset_factory(
    CriterionForm, formset=CriterionFormSet, extra=1, max_num=6, validate_max=True
)


class PanelForm(DescribedForm):
    name = forms.CharField(max_length=80, label="Name")
    kind = forms.ChoiceField(choices=Panel._meta.get_field("kind").choices, label="Kind")
    overlap = forms.IntegerField(min_value=1, max_value=1000, label="Raters per comparison", initial=3)


class PlanForm(forms.Form):
    """The few settings that a plan's size depends on, as the page sends them while a designer types.
    Overlap is left out where a study has several panels, each with its own."""

    protocol = forms.ChoiceField(choices=OFFERED)
    overlap = forms.IntegerField(required=False, min_value=1, max_value=1000)
    comparisons_per_prompt = forms.IntegerField(required=False, min_value=1, max_value=10000)
    check_every = forms.IntegerField(min_value=0, max_value=1000)
    max_votes_per_rater = forms.IntegerField(required=False, min_value=1, max_value=100000)


def initial_criteria(study: Study, defaults: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The study's own Likert criteria, or the defaults while it has none."""
    own = [
        {"key": c.key, "label": c.label, "question": c.question, "anchors": c.anchors}
        for c in study.block.criteria.all()
        if c.key != "overall"
    ]
    return [
        {
            **{name: criterion[name] for name in ("key", "label", "question")},
            **{f"anchor_{point}": text for point, text in enumerate(criterion["anchors"][:POINTS], start=1)},
        }
        for criterion in (own or defaults)
    ]
