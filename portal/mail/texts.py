"""The portal's own words for each mail, and what may stand in them.

A text is paragraphs with placeholders in braces. A paragraph that is only `{link}` becomes a button
in HTML, and the bare address in plain text. `portal/mail/edited_texts.py` has the words that admins
wrote in their place.

A mail whose link proves an address may reach somebody who has no account here. It contains nothing
that people typed, so nobody can make the portal send words of their own to strangers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from portal.languages import N_
from portal.languages import gettext as _
from portal.models import LinkPurpose, MailEvent

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
LINK = "{link}"
# Every mail knows these. `time` is when it happened that the mail tells of.
ALWAYS = {"site": N_("Example careers"), "address": "maria@example.org", "time": ""}
NAME = {"name": N_("Maria Example")}
JOB = {"job": N_("Data engineer")}
# What `change` of SECOND_FACTOR_CHANGED may be.
CHANGES = {
    "app_added": N_("An authenticator app was added."),
    "app_removed": N_("An authenticator app was removed."),
    "passkey_added": N_("A passkey was added."),
    "passkey_removed": N_("A passkey was removed."),
    "codes_made": N_("New recovery codes were made. The old ones no longer work."),
    "code_used": N_("A recovery code was used. It does not work again."),
    "all_removed": N_("All authenticator apps, passkeys and recovery codes were removed."),
}
HELLO = N_("Hello,")
HELLO_NAME = N_("Hello {name},")
IF_IT_WAS_YOU = N_("If it was you, you need do nothing.")
AFTER_EVERY_CHANGE = N_(
    "We send a mail after every such change, so that you know of it if it was somebody else."
)


class Words(NamedTuple):
    """A subject and a body, with their placeholders, in one language."""

    subject: str
    body: str


@dataclass(frozen=True)
class EventText:
    """What the mails of one event say, and with which facts."""

    name: str  # what admins call it
    subject: str
    paragraphs: tuple[str, ...]
    # what a verb tells `mail.send`, each with an example
    facts: Mapping[str, str] = field(default_factory=dict)
    knows_name: bool = True
    leads_to: str = ""  # the endpoint of `{link}`
    purpose: LinkPurpose | None = None  # of the single-use link that is `{link}` instead
    button: str = ""

    @property
    def examples(self) -> dict[str, str]:
        """The placeholders that this text may use, each with an example in the source language."""
        link = {"link": ""} if self.leads_to or self.purpose else {}
        return {**(NAME if self.knows_name else {}), **self.facts, **link, **ALWAYS}

    @property
    def needed(self) -> set[str]:
        """The placeholders without which the mail would be of no use."""
        return {"link"} if self.purpose else set()


TEXTS: dict[MailEvent, EventText] = {
    MailEvent.CONFIRM_ADDRESS: EventText(
        name=N_("Confirm address"),
        subject=N_("Please confirm your e-mail address"),
        paragraphs=(
            HELLO,
            N_(
                "Somebody registered at {site} with this e-mail address. If it was you, please"
                " confirm within 24 hours that the address is yours:"
            ),
            LINK,
            N_("Until then everything works, but you get no other mails from us."),
            N_(
                "If it was not you, you need do nothing. We then send nothing else to this address."
            ),
        ),
        knows_name=False,
        purpose=LinkPurpose.CONFIRM_ADDRESS,
        button=N_("Confirm the address"),
    ),
    MailEvent.ALREADY_REGISTERED: EventText(
        name=N_("Already registered"),
        subject=N_("You already have an account at {site}"),
        paragraphs=(
            HELLO,
            N_(
                "Somebody wanted to use this e-mail address for an account at {site}. It already"
                " has an account, so nothing was changed."
            ),
            N_(
                "If it was you, please sign in with that account. If you have forgotten its"
                " password, you can set a new one there:"
            ),
            LINK,
            N_("If it was not you, you need do nothing."),
        ),
        knows_name=False,
        leads_to="auth.login",
        button=N_("To the sign-in page"),
    ),
    MailEvent.RESET_PASSWORD: EventText(
        name=N_("Reset password"),
        subject=N_("Set a new password for {site}"),
        paragraphs=(
            HELLO,
            N_(
                "Somebody asked for a new password for the account with this e-mail address at"
                " {site}. If it was you, you can set it within 30 minutes:"
            ),
            LINK,
            N_("The link works once. A new password ends all sign-ins of your account."),
            N_("If it was not you, you need do nothing. Your password stays as it is."),
        ),
        knows_name=False,
        purpose=LinkPurpose.RESET_PASSWORD,
        button=N_("Set a new password"),
    ),
    MailEvent.CONFIRM_NEW_ADDRESS: EventText(
        name=N_("Confirm new address"),
        subject=N_("Please confirm your new e-mail address"),
        paragraphs=(
            HELLO,
            N_(
                "Somebody wants to use this e-mail address for their account at {site}. If it was"
                " you, please confirm within 24 hours that the address is yours:"
            ),
            LINK,
            N_("Until then your account keeps its old address."),
            N_("If it was not you, you need do nothing. Nothing is changed then."),
        ),
        knows_name=False,
        purpose=LinkPurpose.CHANGE_ADDRESS,
        button=N_("Confirm the new address"),
    ),
    MailEvent.ADDRESS_CHANGED: EventText(
        name=N_("Address changed"),
        subject=N_("Your e-mail address at {site} was changed"),
        paragraphs=(
            HELLO,
            N_(
                "The e-mail address of your account at {site} was changed on {time}. From now on"
                " you sign in with the new address, and our mails go there."
            ),
            N_(
                "We tell the old and the new address of it, so that you know if it was somebody"
                " else."
            ),
            IF_IT_WAS_YOU,
            N_(
                "If it was not you, please tell the people who run {site} at once. They can stop"
                " the account."
            ),
        ),
        knows_name=False,
    ),
    MailEvent.PASSWORD_CHANGED: EventText(
        name=N_("Password changed"),
        subject=N_("Your password at {site} was changed"),
        paragraphs=(
            HELLO_NAME,
            N_(
                "The password of your account at {site} was changed on {time}. All other sign-ins"
                " of your account have ended."
            ),
            AFTER_EVERY_CHANGE,
            IF_IT_WAS_YOU,
            N_("If it was not you, please set a new password at once. You can do so here:"),
            LINK,
        ),
        leads_to="recovery.forgot",
        button=N_("Set a new password"),
    ),
    MailEvent.NEW_DEVICE: EventText(
        name=N_("Sign-in from a new device"),
        subject=N_("A new sign-in to your account at {site}"),
        paragraphs=(
            HELLO_NAME,
            N_(
                "On {time}, somebody signed in to your account at {site} with a browser or"
                " program that had not been used with it before. It calls itself:"
            ),
            "{device}",
            IF_IT_WAS_YOU,
            N_(
                "If it was not you, please change your password at once. This also ends all"
                " sign-ins of others:"
            ),
            LINK,
        ),
        facts={"device": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
        leads_to="account.password",
        button=N_("Change the password"),
    ),
    MailEvent.SECOND_FACTOR_CHANGED: EventText(
        name=N_("Second factor changed"),
        subject=N_("The second step of your sign-in at {site} was changed"),
        paragraphs=(
            HELLO_NAME,
            N_(
                "On {time}, the second step with which you sign in to your account at {site} was"
                " changed:"
            ),
            "{change}",
            AFTER_EVERY_CHANGE,
            IF_IT_WAS_YOU,
            N_(
                "If it was not you, please change your password at once, and then look at which"
                " apps and passkeys your account has:"
            ),
            LINK,
        ),
        facts={"change": "app_added"},
        leads_to="account.account",
        button=N_("To your account"),
    ),
    MailEvent.APPLIED: EventText(
        name=N_("Application arrived"),
        subject=N_("Your application for {job} has arrived"),
        paragraphs=(
            HELLO_NAME,
            N_(
                "Thank you for your application for {job}. It has arrived at {site}, together"
                " with your résumé."
            ),
            N_("Your page shows how it stands, and what you can do next:"),
            LINK,
            N_("You get this mail because you applied at {site} with this e-mail address."),
        ),
        facts=JOB,
        leads_to="applications.dashboard",
        button=N_("To your applications"),
    ),
    MailEvent.OFFERED: EventText(
        name=N_("Job offered"),
        subject=N_("Good news about your application for {job}"),
        paragraphs=(
            HELLO_NAME,
            N_(
                "We are happy to tell you that the team has decided for you: you are offered the"
                " job {job}."
            ),
            N_(
                "The team will contact you about what comes next. Your page has all about your"
                " application:"
            ),
            LINK,
            N_("You get this mail because you applied at {site} with this e-mail address."),
        ),
        facts=JOB,
        leads_to="applications.dashboard",
        button=N_("To your applications"),
    ),
    MailEvent.REJECTED: EventText(
        name=N_("Application rejected"),
        subject=N_("About your application for {job}"),
        paragraphs=(
            HELLO_NAME,
            N_(
                "Thank you for your application for {job}, and for the time that you gave it. The"
                " team has decided not to go on with it. We are sorry that we have no better news."
            ),
            N_(
                "People took this decision, and it is about this job only. Perhaps another job is"
                " the right one. These are open now:"
            ),
            LINK,
            N_("You get this mail because you applied at {site} with this e-mail address."),
        ),
        facts=JOB,
        leads_to="jobs.board",
        button=N_("Open positions"),
    ),
    MailEvent.TEST: EventText(
        name=N_("Test mail"),
        subject=N_("A test mail of {site}"),
        paragraphs=(
            HELLO_NAME,
            N_("You asked for this mail on {time}, to see whether mails arrive. This one has."),
            N_("You need do nothing."),
        ),
    ),
}
# These prove or protect an address, or are sent because somebody asks whether mail arrives.
ALWAYS_SENT = {
    MailEvent.CONFIRM_ADDRESS,
    MailEvent.ALREADY_REGISTERED,
    MailEvent.RESET_PASSWORD,
    MailEvent.CONFIRM_NEW_ADDRESS,
    MailEvent.TEST,
}
# These warn whoever had the account at that time, also after the address changed.
WARNINGS = {
    MailEvent.ADDRESS_CHANGED,
    MailEvent.PASSWORD_CHANGED,
    MailEvent.NEW_DEVICE,
    MailEvent.SECOND_FACTOR_CHANGED,
}
# A fact that a mail may have, but need not: where to go on after confirming.
NEXT = "next"
MAY_HAVE = {MailEvent.CONFIRM_ADDRESS: {NEXT}}


def own_words(event: MailEvent) -> Words:
    """The portal's own words, in the language that is spoken now."""
    text = TEXTS[event]
    return Words(
        _(text.subject),
        "\n\n".join(one if one[0] == "{" else _(one) for one in text.paragraphs),
    )


def check_facts(event: MailEvent, facts: Mapping[str, str], purpose: LinkPurpose | None) -> None:
    """Raise ValueError where a verb says what the event does not know, or leaves something out."""
    text = TEXTS[event]
    if unknown := facts.keys() - text.facts.keys() - MAY_HAVE.get(event, set()):
        raise ValueError(f"Mails of {event} have no facts {', '.join(sorted(unknown))}.")
    if missing := text.facts.keys() - facts.keys():
        raise ValueError(f"Mails of {event} need the facts {', '.join(sorted(missing))}.")
    if purpose is not text.purpose:
        raise ValueError(f"Mails of {event} carry a link of {text.purpose}, not of {purpose}.")
    if facts.get("change", next(iter(CHANGES))) not in CHANGES:
        raise ValueError(f"No second factor changes like this: {facts['change']}.")
    if not facts.get(NEXT, "/").startswith("/") or facts.get(NEXT, "").startswith("//"):
        raise ValueError("A link leads on to paths of our own site only.")
