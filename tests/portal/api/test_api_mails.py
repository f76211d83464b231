"""Mails through the API: for admins only."""

from api_caller import bearer, statuses
from factories import Cast
from flask.testing import FlaskClient

from portal import mail
from portal.database import transaction
from portal.extensions import db
from portal.models import Mail, MailEvent, MailState, User

MAILS = "/api/admin/mails"


def write(to: User, state: MailState = MailState.FAILED) -> Mail:
    with transaction():
        mail.send(to, MailEvent.TEST)
    written = db.session.scalars(db.select(Mail).order_by(Mail.created_at.desc())).first()
    written.state = state
    db.session.commit()
    return written


def test_only_admins_list_mails(client: FlaskClient, cast: Cast) -> None:
    write(cast.alice)
    people = {"nobody": None, "alice": cast.alice, "ada": cast.ada}
    assert statuses(client, "GET", MAILS, people) == {"nobody": 401, "alice": 403, "ada": 200}


def test_a_mail_says_where_it_stands_and_not_what_stands_in_it(
    client: FlaskClient, cast: Cast
) -> None:
    written = write(cast.alice)
    (item,) = client.get(f"{MAILS}?state=failed", headers=bearer(cast.ada)).json["items"]
    assert (item["id"], item["event"], item["state"]) == (str(written.id), "test", "failed")
    assert item["to"]["full_name"] == "Alice Moreau"
    assert not {"facts", "subject", "link"} & item.keys()
    assert client.get(f"{MAILS}?state=sent", headers=bearer(cast.ada)).json["total"] == 0


def test_a_mail_is_sent_again_once(client: FlaskClient, cast: Cast) -> None:
    path = f"{MAILS}/{write(cast.alice).id}/send-again"
    answers = [client.post(path, headers=bearer(cast.ada)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json["state"] == "waiting"
