"""Forms for votes made elsewhere: they check that they are filled in, the action checks the votes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify

from annotations.forms import DescribedForm
from annotations.importing.vote_table import OUTCOMES, Reading
from arena.results.vote_kinds import KINDS, LABELS, VoteKind, guess, guess_ratings

OUTCOME_LABELS = {"left": "Left won", "right": "Right won", "tie": "Tie", "both_bad": "Both bad"}
NOT_THERE = "– not in the file –"


class UploadForm(DescribedForm):
    name = forms.CharField(max_length=200, label="Name of the study")
    kind = forms.ChoiceField(
        label="What the file holds",
        choices=[(kind.key, kind.label) for kind in KINDS.values()],
        widget=forms.RadioSelect,
        initial="pairs",
    )
    file = forms.FileField(
        label="File",
        help_text="CSV, JSONL or Parquet. You say on the next page which column is what.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,.parquet"}),
        error_messages={"empty": "This file is empty.", "required": "Choose a file."},
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {settings.UPLOAD_MAX_BYTES / 1e9:g} GB. "
                "Use manage.py import_votes on the server instead."
            )
        return file


class ColumnsForm(DescribedForm):
    """Which column of a file is what. Fields come from the kind of votes, choices from the file."""

    def __init__(
        self, *args: Any, kind: VoteKind, columns: list[str], told: Mapping[str, Any], **kwargs: Any
    ) -> None:
        self.kind, self.columns, self.told = kind, columns, told
        super().__init__(*args, **kwargs)

    def add_fields(self) -> None:
        for name in self.kind.fields:
            self.fields[f"column_{name}"] = self._column(name)
        if "rating" in self.kind.needed:
            self.fields["side_by_side"] = forms.BooleanField(
                required=False,
                label="The columns of ratings are raters side by side, not criteria",
                initial="|" in self.told.get("mapping", {}).get("rating", ""),
            )
            self.fields["points"] = forms.TypedChoiceField(
                label="Points of the scale",
                choices=[(5, "1 to 5"), (7, "1 to 7")],
                coerce=int,
                initial=self.told.get("points", 5),
            )
        if "outcome" in self.kind.needed:
            for outcome in OUTCOMES:
                self.fields[f"label_{outcome}"] = forms.CharField(
                    label=OUTCOME_LABELS[outcome],
                    required=False,
                    max_length=80,
                    help_text=f"What the file calls it, if not “{outcome}”.",
                    initial=self.told.get("outcomes", {}).get(outcome, ""),
                )
        self.fields["strip_prompt"] = forms.BooleanField(
            required=False,
            label="Names of generators begin with the prompt: take it off",
            help_text="For files that name single pictures, as in p12_flux.png.",
            initial=self.told.get("strip_prompt", False),
        )

    def _column(self, name: str) -> forms.Field:
        label, help_text = LABELS[name]
        choices = [(column, column) for column in self.columns]
        mapping = self.told.get("mapping")
        if name == "rating":
            known = [c for f, c in (mapping or {}).items() if f.partition(".")[0] == "rating"]
            return forms.MultipleChoiceField(
                label=label,
                help_text=help_text,
                choices=choices,
                widget=forms.CheckboxSelectMultiple,
                initial=[part for c in known for part in c.split("|")] or guess_ratings(self.columns),
                error_messages={"required": "Choose at least one column."},
            )
        needed = name in self.kind.needed
        return forms.ChoiceField(
            label=label,
            help_text=help_text,
            required=needed,
            choices=[("", "– choose –" if needed else NOT_THERE), *choices],
            initial=guess(name, self.columns) if mapping is None else mapping.get(name, ""),
            error_messages={"required": "Choose the column."},
        )

    @property
    def boxes(self) -> list[str]:
        """Fields that are several checkboxes under one legend."""
        return ["column_rating"]

    @property
    def reading(self) -> Reading:
        given = self.cleaned_data
        mapping = {
            name: given[f"column_{name}"]
            for name in self.kind.fields
            if name != "rating" and given[f"column_{name}"]
        }
        mapping |= self._ratings(given.get("column_rating", []))
        labels = {outcome: given.get(f"label_{outcome}", "").strip() for outcome in OUTCOMES}
        return Reading(
            mapping,
            {outcome: label for outcome, label in labels.items() if label},
            given.get("points", 5),
            given["strip_prompt"],
        )

    def _ratings(self, columns: list[str]) -> dict[str, str]:
        if len(columns) < 2 or self.cleaned_data["side_by_side"]:
            return {"rating": "|".join(columns)} if columns else {}
        named = {}
        for number, column in enumerate(columns, start=1):
            key = slugify(column).replace("-", "_")[:40] or f"criterion_{number}"
            named[f"rating.{key if f'rating.{key}' not in named else f'{key[:36]}_{number}'}"] = column
        return named
