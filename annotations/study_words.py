"""The words that a study has until its designer writes others. They stand in the design in English; a rater
who reads another language meets their translation, since nobody wrote one."""

from django.utils.translation import gettext_noop as _

DEFAULTS = frozenset(
    (
        _("Which picture fits the description better?"),
        _("Overall"),
        _("Fidelity"),
        _("How free is the picture of visible errors?"),
        _("Broken"),
        _("Many errors"),
        _("Some errors"),
        _("Few errors"),
        _("No errors"),
        _("Alignment"),
        _("How well does the picture show what the description says?"),
        _("Not at all"),
        _("A little"),
        _("Half of it"),
        _("Mostly"),
        _("Entirely"),
        _("Aesthetics"),
        _("How good does the picture look?"),
        _("Very poor"),
        _("Poor"),
        _("Fair"),
        _("Good"),
        _("Very good"),
        _(
            "You will look at pictures and say which you prefer, or how good they are. We store your "
            "answers, how long they took, and the size of your window. We store no name, no address and "
            "nothing that identifies you. You may stop at any time by closing the page. Some pictures test "
            "whether answers are given with care. The answers are analysed and may be published."
        ),
        _("Anatomy, hands"),
        _("Extra, missing or twisted limbs, fingers, eyes"),
        _("Face"),
        _("Distorted or lifeless features"),
        _("Text"),
        _("Wrong, broken or unreadable letters"),
        _("Number of objects"),
        _("More or fewer than described"),
        _("Spatial relation"),
        _("Left, right, on, under, behind"),
        _("Attributes"),
        _("Colours or properties on the wrong object"),
        _("Artefact"),
        _("Seams, smears, repeated patterns, noise"),
        _("Exposure"),
        _("Far too dark or too bright"),
        _("Unsafe content"),
        _("Violent, sexual or hateful"),
        _("Other"),
        _("Say what in the note"),
    )
)
