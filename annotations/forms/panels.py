"""A panel: who comes, how, how often each comparison is asked, and where people are sent afterwards."""

from typing import Any

from django import forms

from annotations.forms.base import DescribedForm, lines
from annotations.forms.study import DEMOGRAPHICS
from annotations.models import Outcome, Panel, PanelEntry, PanelKind

ENTRIES = [
    (PanelEntry.LINK, "Open link: whoever has it takes part"),
    (PanelEntry.INVITATION, "Invitations: one link for one person"),
    (PanelEntry.PROLIFIC, "Prolific"),
    (PanelEntry.MTURK, "Mechanical Turk, external question"),
    (PanelEntry.ACCOUNT, "Accounts: people invited by e-mail log in"),
    (PanelEntry.API, "API token, for judges"),
]
PLAIN = ("name", "kind", "entry", "overlap", "practice", "quiz_attempts", "verify")
KEYS = [key for key, _ in DEMOGRAPHICS]


class NewPanelForm(DescribedForm):
    name = forms.CharField(max_length=80, label="Name")
    kind = forms.ChoiceField(choices=PanelKind.choices, label="Who votes")
    entry = forms.ChoiceField(required=False, choices=ENTRIES, label="How they come")
    overlap = forms.IntegerField(min_value=1, max_value=1000, label="Raters per comparison", initial=3)

    def settings(self) -> dict[str, Any]:
        """Judges have one way in, so it need not be chosen."""
        found = dict(self.cleaned_data)
        if found["kind"] == PanelKind.JUDGE or not found["entry"]:
            del found["entry"]
        return found


class PanelForm(NewPanelForm):
    practice = forms.BooleanField(required=False, label="Start with practice, where known answers are given")
    quiz_percent = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100,
        label="Pass mark of the quiz, %",
        help_text="Of its known answers, so many must be right. Empty: no quiz.",
    )
    quiz_attempts = forms.IntegerField(required=False, min_value=1, max_value=10, label="Tries at the quiz")
    verify = forms.BooleanField(
        required=False, label="Ask the verification service before the first vote (its address is a setting)"
    )


class OutcomesForm(DescribedForm):
    """A code and an address for each way a visit can end, and how many raters of a group are wanted."""

    max_raters = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        label="Most raters",
        help_text="Who comes later finds the quota full. Empty: no limit.",
    )
    quota_lines = forms.CharField(
        required=False,
        max_length=4000,
        label="Quotas of raters",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=f"One a line: age_band=18-29, gender=woman: 50. Known are {', '.join(KEYS)}.",
    )

    def add_fields(self) -> None:
        for value, label in Outcome.choices:
            widget = forms.TextInput(attrs={"aria-label": f"{label}: code", "placeholder": "Code"})
            self.fields[f"code_{value}"] = forms.CharField(
                required=False, max_length=60, label=f"{label}: code", widget=widget
            )
            widget = forms.URLInput(attrs={"aria-label": f"{label}: address", "placeholder": "https://"})
            self.fields[f"url_{value}"] = forms.URLField(
                required=False,
                max_length=500,
                label=f"{label}: address",
                widget=widget,
                assume_scheme="https",
            )

    @property
    def ways(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [(label, self[f"code_{value}"], self[f"url_{value}"]) for value, label in Outcome.choices]

    def clean_quota_lines(self) -> list[dict[str, Any]]:
        found = []
        for line in lines(self.cleaned_data["quota_lines"]):
            words, _, number = line.rpartition(":")
            pairs = [part.partition("=") for part in words.split(",")]
            cell = {key.strip(): value.strip() for key, _, value in pairs}
            if not set(cell) <= set(KEYS) or not all(cell.values()) or not number.strip().isdigit():
                raise forms.ValidationError(f"“{line}”: write it like gender=woman: 50.")
            found.append({"cell": cell, "most_raters": int(number)})
        return found

    def settings(self) -> dict[str, Any]:
        """As panels.update takes them."""
        cleaned = self.cleaned_data
        return {
            "outcomes": self._outcomes(),
            "max_raters": cleaned["max_raters"],
            "quotas": cleaned["quota_lines"],
        }

    def _outcomes(self) -> dict[str, dict[str, str]]:
        outcomes: dict[str, dict[str, str]] = {}
        for value in Outcome.values:
            way = {"code": self.cleaned_data[f"code_{value}"], "url": self.cleaned_data[f"url_{value}"]}
            if any(way.values()):
                outcomes[value] = {name: text for name, text in way.items() if text}
        return outcomes


def panel_settings(form: PanelForm) -> dict[str, Any]:
    found = form.settings()
    percent = found.pop("quiz_percent")
    found["quiz_pass_mark"] = percent / 100 if percent else None
    if found["quiz_attempts"] is None:
        del found["quiz_attempts"]
    return found


def panel_initial(panel: Panel) -> dict[str, Any]:
    mark = panel.quiz_pass_mark
    return {
        **{name: getattr(panel, name) for name in PLAIN},
        "quiz_percent": round(100 * mark) if mark else None,
    }


def outcomes_initial(panel: Panel) -> dict[str, Any]:
    ways = {
        f"{part}_{name}": text for name, way in (panel.outcomes or {}).items() for part, text in way.items()
    }
    quotas = [
        ", ".join(f"{key}={value}" for key, value in quota.cell.items()) + f": {quota.most_raters}"
        for quota in panel.quotas.all()
    ]
    return {**ways, "max_raters": panel.max_raters, "quota_lines": "\n".join(quotas)}
