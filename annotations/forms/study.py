"""What holds for a whole study, whatever its blocks ask."""

from typing import Any

from django import forms

from annotations.forms.base import DescribedForm
from annotations.models import Encoding, Protocol, Study

BOXES = [(size, f"{size} px") for size in (512, 640, 768, 1024, 1536, 2048)]
DEMOGRAPHICS = [
    ("age_band", "Age band"),
    ("gender", "Gender"),
    ("country", "Country"),
    ("language", "First language"),
    ("display", "Kind of display"),
    ("expertise", "Experience with pictures"),
]
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("ja", "日本語"),
    ("ar", "العربية"),
]
PLAIN_FIELDS = (
    "name", "instructions", "max_votes_per_rater", "check_every", "first_check_within", "box_px", "encoding",
    "lease_s", "seed", "prompt_gap", "break_after_min", "ask_demographics", "privacy_text", "language",
)  # fmt: skip


def _text(label: str, hint: str, *, rows: int, most: int, required: bool = False) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=hint, widget=widget, max_length=most, required=required)


def _number(label: str, hint: str, low: int, high: int, *, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=hint, min_value=low, max_value=high, required=required)


class DesignForm(DescribedForm):
    name = forms.CharField(
        max_length=200, label="Name", help_text="For you and your colleagues; raters don't see it."
    )
    instructions = _text(
        "Instructions",
        "Read once before the first answer. Say what counts and what to ignore.",
        rows=4,
        most=5000,
    )
    consent_text = _text(
        "Consent",
        "What raters agree to: who you are, what is stored, for how long, whom to ask.",
        rows=5,
        most=10000,
        required=True,
    )
    privacy_text = _text(
        "Privacy, in your own words",
        "Stands on the privacy page under what the arena itself says: who answers questions, and how.",
        rows=3,
        most=10000,
    )
    language = forms.ChoiceField(
        required=False,
        choices=LANGUAGES,
        label="Language of these texts",
        help_text="Other languages are written on the page of translations.",
    )
    overlap = _number("Raters per comparison", "Different raters who answer the same question.", 1, 1000)
    max_votes_per_rater = _number("Most votes per rater", "Empty: no limit.", 1, 100000, required=False)
    check_every = _number(
        "One check in", "About one answer in so many is an attention check. 0: none.", 0, 1000
    )
    first_check_within = _number(
        "First check within", "A rater's first check comes among so many first answers.", 1, 1000
    )
    repeat_percent = forms.FloatField(
        required=False,
        min_value=0,
        max_value=50,
        label="Repeats, %",
        help_text="Of the votes, so many ask the same again with sides swapped, to see who is consistent.",
    )
    prompt_gap = _number(
        "Others between", "Trials between two of the same prompt, at least.", 0, 50, required=False
    )
    break_after_min = _number(
        "Break after, minutes", "A reminder that a rest is due. 0: none.", 0, 600, required=False
    )
    ask_demographics = forms.MultipleChoiceField(
        required=False,
        choices=DEMOGRAPHICS,
        widget=forms.CheckboxSelectMultiple,
        label="Questions about the rater",
        help_text="Each may be left unanswered. Stored apart from votes, shown for groups of 5 and more.",
    )
    box_px = forms.TypedChoiceField(
        choices=BOXES,
        coerce=int,
        label="Box",
        help_text="Every picture is fitted into a square of this size, never cropped. On a phone's slow line "
        "(1.6 Mbit/s) a pair of 768 px takes 3 to 4 seconds, of 512 px half of that.",
    )
    encoding = forms.ChoiceField(
        choices=Encoding.choices,
        label="Encoding",
        help_text="The same for all pictures, whatever they came as.",
    )
    lease_s = _number("Seconds to answer", "Then the place is free for somebody else.", 30, 86400)
    seed = _number("Seed", "Same seed, same plan: order of comparisons and sides.", 0, 2**53)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        every = cleaned.get("check_every")
        if every is not None and 0 < every < 3:
            self.add_error(
                "check_every", "Two checks may not follow each other: take 0 for none, or 3 and more."
            )
        return cleaned

    def settings(self) -> dict[str, Any]:
        """As studies.update takes them; what was left empty stays as it is."""
        found = dict(self.cleaned_data)
        percent = found.pop("repeat_percent")
        if percent is not None:
            found["repeat_share"] = percent / 100
        kept = ("prompt_gap", "break_after_min", "language")
        return {name: value for name, value in found.items() if name not in kept or value not in (None, "")}


def study_initial(study: Study) -> dict[str, Any]:
    return {
        **{name: getattr(study, name) for name in PLAIN_FIELDS},
        "repeat_percent": round(100 * study.repeat_share, 4),
    }


class PlanForm(forms.Form):
    """The few settings that a plan's size depends on, as the page sends them while a designer types.
    Overlap is left out where a study has several panels, each with its own."""

    protocol = forms.ChoiceField(choices=Protocol.choices)
    design = forms.CharField(required=False, max_length=20)
    baseline = forms.CharField(required=False, max_length=200)
    size = forms.IntegerField(required=False, min_value=3, max_value=9)
    samples_per_generator = forms.IntegerField(required=False, min_value=1, max_value=100000)
    overlap = forms.IntegerField(required=False, min_value=1, max_value=1000)
    comparisons_per_prompt = forms.IntegerField(required=False, min_value=1, max_value=10000)
    check_every = forms.IntegerField(required=False, min_value=0, max_value=1000)
    max_votes_per_rater = forms.IntegerField(required=False, min_value=1, max_value=100000)
