"""What the inspection changed in a résumé: as a row stores it, and as a sentence for a person."""

import json
from collections.abc import Iterable

from documents.changes import SENTENCES, Change
from portal import languages
from portal.languages import gettext as _
from portal.models import Application


def as_json(changes: Iterable[Change]) -> str:
    """The changes for the database: templates with their values. Empty if there is none."""
    parts = [(change.clause, change.values) for change in changes]
    return json.dumps(parts) if parts else ""


def sentence(stored: str, kind: str) -> str:
    """The changes of a file of this kind in the reader's language.

    Earlier versions stored an English sentence, which is returned as it is.
    """
    if not stored.startswith("["):
        return stored
    clauses = [_(clause, **values) for clause, values in json.loads(stored)]
    return _(SENTENCES[kind], changes=languages.listed(clauses))


def changes_sentence(application: Application) -> str:
    kind = application.resume_path.rpartition(".")[2]
    return sentence(application.resume_changes, kind)
