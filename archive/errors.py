"""The one tree of errors. Each has a machine `code`, words for a person and advice what to do, in both languages.

ArchiveError
├── BadInput            what was asked is not of its form
├── NotPermitted        the actor may not do this
├── NotFound            absent, or not to be seen: the two look alike
├── Conflict            somebody or something was first
│   └── StateConflict   the thing is no longer in the state the move starts from
├── GateClosed          a rule's condition is not met (rule id in `data["rule"]`)
├── IntegrityFailure    bytes, digests or chain do not agree
└── Unavailable         a service we need does not answer; what was acknowledged is safe

HTTP statuses are given in `config/web.py` and exit codes in `config/cli.py`, nowhere else.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class ArchiveError(Exception):
    """Base of all errors we raise on purpose.

    `code` is stable and documented; `words` and `advice` are translated when shown and may hold `%(name)s`
    of `data`; `data` holds plain values only and is safe to send to the client.
    """

    code = "error"
    words: Words = _("Something went wrong.")
    advice: Words = _("Try again; if it happens again, tell the administrator the code and the time.")

    def __init__(
        self,
        code: str | None = None,
        *,
        words: Words | None = None,
        advice: Words | None = None,
        **data: str | int | None,
    ) -> None:
        self.code = code or type(self).code
        self.words = words if words is not None else type(self).words
        self.advice = advice if advice is not None else type(self).advice
        self.data = data
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.message()} {self.help()}".strip()

    def message(self) -> str:
        """The words in the current language."""
        return str(self.words) % self.data if self.data else str(self.words)

    def help(self) -> str:
        """The advice in the current language."""
        return str(self.advice) % self.data if self.data else str(self.advice)


class BadInput(ArchiveError):
    code = "bad-input"
    words = _("What was sent is not of the expected form.")
    advice = _("Correct it and send it again.")


class NotPermitted(ArchiveError):
    code = "not-permitted"
    words = _("You may not do this.")
    advice = _("Ask the security administrator for the right, or someone who has it to do it.")


class NotFound(ArchiveError):
    code = "not-found"
    words = _("There is nothing here that you may see.")
    advice = _("Check the number; if it is right, ask the archivist for access.")


class Conflict(ArchiveError):
    code = "conflict"
    words = _("Somebody else was first.")
    advice = _("Look at the present state and decide again.")


class StateConflict(Conflict):
    code = "state-conflict"
    words = _("It is no longer in the state this step starts from.")


class GateClosed(ArchiveError):
    code = "gate-closed"
    words = _("A condition of this step is not met yet.")
    advice = _("Bring what is missing, then try again.")


class IntegrityFailure(ArchiveError):
    code = "integrity-failure"
    words = _("The bytes do not agree with what was recorded.")
    advice = _("Do not use this copy. Tell the archivist and the audit administrator at once.")


class Unavailable(ArchiveError):
    code = "unavailable"
    words = _("A service that is needed does not answer.")
    advice = _("What was acknowledged is safe. Try again in a few minutes.")
