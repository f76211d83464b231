"""What happens to a room while it comes in, and when it goes: nothing goes on that should have
ended, nothing ends that should go on.
"""

import time
from collections.abc import Callable

import pytest
from acting import hiring, interviews
from browsing import PATIENCE_MS, Candidate, bytes_on_server, events_of
from playwright.sync_api import Route
from scripts import with_constants
from servers import LiveServer

from portal.extensions import db
from portal.models import InterviewSession

pytestmark = pytest.mark.browser


STORAGE_THAT_IS_WAITED_FOR = "IDBFactory.prototype.open = () => ({})"


@pytest.mark.long
@pytest.mark.parametrize(
    ("happens", "state", "said"),
    [
        (
            lambda row: hiring.withdraw(row.application),
            "trouble",
            "You withdrew this application. Nothing more",
        ),
        (
            lambda row: interviews.claim_seat(row, "another-tab", take_over=True),
            "elsewhere",
            "open in another tab",
        ),
    ],
    ids=["withdrawn", "taken over"],
)
def test_what_ends_the_page_while_it_comes_in_is_told_and_stays(
    candidate: Candidate,
    server: LiveServer,
    happens: Callable[[InterviewSession], object],
    state: str,
    said: str,
) -> None:
    candidate.consent()
    candidate.page.add_init_script(STORAGE_THAT_IS_WAITED_FOR)
    with_constants(candidate.page, {"BEAT_EVERY_MS": 300})
    with candidate.page.expect_response("**/seat"):
        candidate.page.goto(candidate.url("room"), wait_until="commit")
    with server.app.app_context():
        happens(db.session.get_one(InterviewSession, candidate.interview_id))
    candidate.sees_state(state)
    candidate.sees(said)
    candidate.sees(
        "This browser cannot keep a copy of your answers"
    )  # by now the page would have come in
    candidate.page.wait_for_timeout(1_000)
    candidate.sees_state(state)


@pytest.mark.long
def test_a_fault_of_what_is_shown_does_not_end_the_sending(candidate: Candidate) -> None:
    candidate.starts_answering()
    candidate.has_saved(1)
    candidate.page.evaluate(
        """async () => {
            const { RoomView } = await import("/static/room/room_view.js");
            RoomView.prototype.uploads = () => { throw new Error("a fault of the view"); };
        }"""
    )
    before = len(bytes_on_server(candidate, candidate.answers()[0]))
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (
        len(bytes_on_server(candidate, candidate.answers()[0])) <= 2 * before
        and time.monotonic() < deadline
    ):
        candidate.page.wait_for_timeout(200)
    assert len(bytes_on_server(candidate, candidate.answers()[0])) > 2 * before
    candidate.sees_state("recording")


@pytest.mark.long
def test_nobody_asks_for_the_seat_once_the_interview_is_being_finished(
    candidate: Candidate,
) -> None:
    """At a kiosk the next page signs out; whatever this one still asks would be refused."""
    candidate.consent()
    with_constants(candidate.page, {"BEAT_EVERY_MS": 200})
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.press("Start my answer now")
    candidate.record(1)
    candidate.press("Stop and play back")
    candidate.press("Save and continue")
    asked: list[str] = []

    def finishes_slowly(route: Route) -> None:
        candidate.page.on("request", lambda request: asked.append(request.url))
        candidate.page.wait_for_timeout(1_500)
        route.continue_()

    candidate.page.route("**/finish", finishes_slowly)
    candidate.answers_the_second_question_and_finishes()
    assert [url for url in asked if url.endswith("/seat")] == []


@pytest.mark.long
def test_what_the_page_noticed_is_told_after_a_reload_and_takes_nothing_from_the_answer(
    candidate: Candidate,
) -> None:
    candidate.page.route("**/events", lambda route: route.abort())
    candidate.consent(analyse=True)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.record(3)
    candidate.pastes(1)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")
    candidate.page.reload()
    candidate.page.unroute_all()
    assert len(events_of(candidate, 1)) == 1
    candidate.sees("Your answer is saved.")


@pytest.mark.long
def test_withdrawing_in_another_tab_ends_the_recording_within_seconds(
    candidate: Candidate, server: LiveServer
) -> None:
    candidate.consent()
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.press("Start my answer now")
    candidate.record(1)
    with server.app.app_context():
        hiring.withdraw(db.session.get_one(InterviewSession, candidate.interview_id).application)
    candidate.sees_state("trouble")
    candidate.sees("You withdrew this application. Nothing more is recorded.")
    camera = "() => document.querySelector('[data-camera]').srcObject"
    assert (
        not candidate.page.evaluate(camera)
        or candidate.page.evaluate(f"({camera})().active") is False
    )


TWO_TABS_NOTE = """async () => {
    const { BrowserNotes } = await import("/static/room/browser_notes.js");
    const { Upload } = await import("/static/upload/upload.js");
    const [old, taking] = [new BrowserNotes("two-tabs"), new BrowserNotes("two-tabs")];
    taking.write({ accepted: 2, interrupted: "b", answers: { b: { recorded_ms: 7 } } });
    old.noteUploads([new Upload({ answer_id: "a", upload_url: "/u", recorded_ms: 5 })]);
    const { accepted, interrupted, answers } = new BrowserNotes("two-tabs").values;
    return [accepted, interrupted, answers.a.recorded_ms, answers.b.recorded_ms];
}"""


def test_a_tab_that_only_sends_its_rest_leaves_what_the_one_that_took_over_noted(
    candidate: Candidate,
) -> None:
    candidate.page.goto(f"{candidate.portal}/jobs")
    assert candidate.page.evaluate(TWO_TABS_NOTE) == [2, "b", 5, 7]


STORED_BEFORE = """async () => {
    const { PieceStore } = await import("/static/upload/piece_store.js");
    const { BrowserNotes } = await import("/static/room/browser_notes.js");
    const { Upload } = await import("/static/upload/upload.js");
    const event = { kind: "camera_paused", t_ms: 1, until_ms: null, is_open: true, is_told: true };
    const record = {
        answer_id: "a", interview_id: "earlier", upload_url: "/u", upload_token: "t",
        wish: { question: 1, continues: null, container: "mp4" }, watched: true, events: [event],
        is_ended: false, recorded_ms: 900, saved_bytes: 2, saved_ms: 100,
    };
    const note = { recorded_ms: 900, marks: [[2, 100]], waits: null };
    const notesBefore = JSON.stringify({ accepted: 1, answers: { a: note } });
    localStorage.setItem("interview-notes-earlier", notesBefore);
    await (await PieceStore.open(() => {})).forget("nothing"); // makes the database
    await new Promise((resolve) => {
        indexedDB.open("interview-uploads", 1).onsuccess = ({ target: { result: database } }) => {
            const writing = database.transaction(["jobs", "pieces"], "readwrite");
            writing.objectStore("jobs").put(record);
            const bytes = new Uint8Array([1, 2, 3]).buffer;
            writing.objectStore("pieces").put({ answer_id: "a", start: 2, bytes, until_ms: 500 });
            writing.oncomplete = () => resolve(database.close());
        };
    });
    const store = await PieceStore.open(() => {});
    const notes = new BrowserNotes("earlier");
    const [found] = await store.uploads("earlier");
    const upload = new Upload({ ...found, offsetTimes: notes.of("a").marks });
    const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
    const end = await store.endOfPieces("a");
    const seen = [isSame(upload.record(), record), isSame(upload.note(), note), upload.timeAt(2)];
    const bytes = [...await store.read("a", 2, 9)];
    return [...seen, notes.values.accepted, end, bytes, store.untilMs("a", end)];
}"""


def test_what_an_earlier_version_stored_in_this_browser_is_still_read_and_written_alike(
    candidate: Candidate,
) -> None:
    """Names in here are those of the version before the scripts were renamed: none may change."""
    candidate.page.goto(f"{candidate.portal}/jobs")
    seen = candidate.page.evaluate(STORED_BEFORE)
    assert seen == [True, True, 100, 1, 5, [1, 2, 3], 500]
