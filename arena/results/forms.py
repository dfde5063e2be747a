"""The form for votes made elsewhere: it checks that it is filled in, the action checks the votes."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from annotations.forms import DescribedForm
from annotations.importing.vote_table import OPTIONAL, OUTCOMES, REQUIRED

MAX_BYTES = 20_000_000
OUTCOME_LABELS = {"left": "Left won", "right": "Right won", "tie": "Tie", "both_bad": "Both bad"}


def _column(field: str, help_text: str) -> forms.CharField:
    needed = field in REQUIRED
    return forms.CharField(
        label=f"Column of {field.replace('_ms', ' time')}",
        help_text=help_text,
        required=needed,
        max_length=200,
        initial=field if needed else "",
    )


def _label(outcome: str) -> forms.CharField:
    return forms.CharField(
        label=OUTCOME_LABELS[outcome],
        required=False,
        max_length=80,
        help_text=f"What the file calls it, if not “{outcome}”.",
    )


class VotesForm(DescribedForm):
    name = forms.CharField(max_length=200, label="Name of the study")
    file = forms.FileField(
        label="File",
        help_text="CSV, JSONL or Parquet, one row per vote; up to 20 MB. The command takes more.",
    )
    column_left = _column("left", "The generator shown on the left.")
    column_right = _column("right", "The generator shown on the right.")
    column_outcome = _column("outcome", "Who won.")
    column_rater = _column("rater", "Tells raters apart. Without it, intervals may be too narrow.")
    column_prompt = _column("prompt", "Tells prompts apart. Agreement needs it.")
    column_category = _column("category", "The category of the prompt.")
    column_answer_ms = _column("answer_ms", "Milliseconds to the answer.")
    label_left = _label("left")
    label_right = _label("right")
    label_tie = _label("tie")
    label_both_bad = _label("both_bad")

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > MAX_BYTES:
            raise forms.ValidationError(
                "The file is larger than 20 MB. Use manage.py import_votes on the server instead."
            )
        return file

    @property
    def mapping(self) -> dict[str, str]:
        return self._given("column_", (*REQUIRED, *OPTIONAL))

    @property
    def outcomes(self) -> dict[str, str]:
        return self._given("label_", OUTCOMES)

    def _given(self, prefix: str, names: tuple[str, ...]) -> dict[str, str]:
        values = {name: self.cleaned_data[prefix + name].strip() for name in names}
        return {name: value for name, value in values.items() if value}
