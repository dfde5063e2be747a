"""Words for people on their way in or out."""

from django.utils.translation import gettext_lazy as _

from annotations.rater_words import PAGES, Message

INVITED_ONLY = Message(
    _("This study takes invited people"),
    _("Each invitation is a link of its own, and this is the address without one."),
    _("Open the link in your invitation, or ask the people who run the study for one."),
)
INVITATION_UNKNOWN = Message(
    _("This invitation is not known"),
    _("No invitation has this address."),
    _("Check that the whole link was copied, or ask the people who sent it to you for a new one."),
)
FROM_PROLIFIC = Message(
    _("Open this study from Prolific"),
    _("The link lacks what tells us that Prolific sent you, so your part could not be counted there."),
    _("Open the study again from your list at Prolific."),
)
BY_ACCOUNT = Message(
    _("Your account is not invited"),
    _("This study takes invited experts, and your account is not among them."),
    _("Ask the people who run the study to invite the e-mail address of your account."),
)
BY_API = Message(
    _("This link is for programs"),
    _("Automated judges vote here through the API; there is no page for people."),
)
LEFT = Message(
    _("You have left the study"),
    _("Nothing more is asked of you. Your answers so far stay, without anything that names you."),
)
ERASED = Message(
    _("You have left the study, and your answers are erased"),
    _("What you answered is blank now, and what else was stored about you is deleted."),
)
ENDINGS = {
    "completed": Message(_("Thank you!"), _("All of your answers are stored. There is nothing left to do.")),
    "screened_out": Message(
        _("Thank you for trying"),
        _("This study needs people whose answers to the first questions agree with known ones. "
          "Yours did not this time, so it ends here."),
    ),
    "quota_full": Message(
        _("Enough people have taken part"),
        _("Thank you for coming. This study has all the people that it needs, so it ends here for you."),
    ),
    "no_consent": Message(
        _("That is all right"),
        _("You did not agree, so nothing begins and nothing about you has been stored. "
          "You can close this page."),
        "",
        _("Read the text again"),
    ),
}  # fmt: skip
PAGES |= {
    "quota_full": ENDINGS["quota_full"],
    "too_many": Message(
        _("One moment, please"),
        _("Very many requests came from your browser or network within a short time."),
        _("Your answers so far are stored. Try again in a few minutes."),
        _("Try again"),
    ),
    "consent_changed": Message(
        _("The consent text has changed meanwhile"),
        _("A new version was published while you read."),
        _("Read the text again and decide anew."),
        _("Read the text"),
    ),
    "invitation_unknown": INVITATION_UNKNOWN,
    "invitation_used": Message(
        _("This invitation has been used"),
        _("An invitation works once, in the browser in which it was first used."),
        _("Go on in that browser, or ask the people who sent it to you for a new one."),
    ),
    "invitation_revoked": Message(
        _("This invitation was withdrawn"),
        _("The people who sent it have taken it back."),
        _("Ask them for a new one."),
    ),
    "invitation_expired": Message(
        _("This invitation has run out"),
        _("Its last day is over."),
        _("Ask the people who sent it to you for a new one."),
    ),
}
