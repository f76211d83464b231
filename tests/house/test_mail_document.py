"""docs/mail.md tells of every event, with its placeholders and a test that exists."""

import re

import pytest

from portal.config import PROJECT_FOLDER
from portal.mail.texts import ALWAYS, TEXTS
from portal.models import MailEvent, MailState

TOLD = (PROJECT_FOLDER / "docs" / "mail.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)
ROWS = {name: [cell.strip() for cell in rest.split("|")] for name, rest in ROW.findall(TOLD)}


def test_every_event_and_every_state_has_its_row() -> None:
    assert list(ROWS) == [*MailEvent, *MailState]


@pytest.mark.parametrize("event", MailEvent)
def test_a_row_names_the_placeholders_of_its_event(event: MailEvent) -> None:
    _when, own, _link, _test = ROWS[event]
    named = set(re.findall(r"\{(\w+)\}", own))
    assert named == TEXTS[event].examples.keys() - ALWAYS.keys() - {"link"}


@pytest.mark.parametrize("event", MailEvent)
def test_a_row_says_where_the_link_leads_if_there_is_one(event: MailEvent) -> None:
    _when, _own, link, _test = ROWS[event]
    assert bool(link) == ("link" in TEXTS[event].examples)


@pytest.mark.parametrize("event", MailEvent)
def test_a_row_names_a_test_that_exists(event: MailEvent) -> None:
    path, _, name = ROWS[event][3].strip("`").partition("::")
    assert f"def {name}(" in (PROJECT_FOLDER / path).read_text("utf-8")
