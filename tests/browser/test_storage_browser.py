"""A browser whose own storage ends, is cleared, or never answers, while somebody is recorded:
nothing is lost by it, and the page says what it is.
"""

import hashlib
import re
import time
from typing import Any

import pytest
from browsing import (
    PATIENCE_MS,
    Candidate,
    bytes_on_server,
    keep_blobs,
    recorded_blobs,
)
from playwright.sync_api import expect
from scripts import with_constants

from portal.extensions import db
from portal.models import InterviewSession, InterviewState

pytestmark = pytest.mark.browser

NEVER_OPENS = "IDBFactory.prototype.open = () => ({})"
NAME = "interview-uploads"


def clear_storage(candidate: Candidate) -> None:
    """What a browser does that is short of room, or a person who deletes this site's data:
    connections are closed.
    """
    devtools = candidate.context.new_cdp_session(candidate.page)
    devtools.send(
        "Storage.clearDataForOrigin", {"origin": candidate.server.url, "storageTypes": "indexeddb"}
    )
    devtools.detach()


def everything_arrived(candidate: Candidate) -> None:
    [blobs] = recorded_blobs(candidate.page)
    [answer] = candidate.answers()
    stored = bytes_on_server(candidate, answer)
    assert (len(stored), hashlib.sha256(stored).hexdigest()) == (blobs["size"], blobs["sha256"])


@pytest.mark.long
def test_storage_that_is_cleared_while_recording_loses_nothing(candidate: Candidate) -> None:
    keep_blobs(candidate.page)
    candidate.starts_answering()
    candidate.runs_for(2)
    candidate.context.set_offline(True)  # so that there is something to lose
    candidate.runs_for(4)
    clear_storage(candidate)
    candidate.runs_for(6)
    candidate.context.set_offline(False)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")
    everything_arrived(candidate)


@pytest.mark.long
def test_storage_that_closed_is_opened_again_and_survives_a_reload(candidate: Candidate) -> None:
    keep_blobs(candidate.page)
    candidate.starts_answering()
    candidate.runs_for(2)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.runs_for(4)
    clear_storage(candidate)
    candidate.runs_for(7)
    blobs = recorded_blobs(candidate.page)[0]
    candidate.page.reload()
    candidate.page.unroute_all()
    candidate.sees("What you said is saved")
    [answer] = candidate.answers()
    assert len(bytes_on_server(candidate, answer)) >= blobs["size"]


@pytest.mark.long
def test_storage_that_never_answers_is_not_waited_for(candidate: Candidate) -> None:
    candidate.page.add_init_script(NEVER_OPENS)
    keep_blobs(candidate.page)
    candidate.consent()
    candidate.press("Start the check")
    candidate.sees("but keeps nothing")
    candidate.page.get_by_role("link", name="Go to the questions").click()
    candidate.sees("This browser cannot keep a copy of your answers")
    candidate.press("Show the question")
    candidate.record(3)
    expect(candidate.page.get_by_text("No connection")).to_have_count(0)
    candidate.press("Stop and play back")
    candidate.sees("saved 00:0")
    everything_arrived(candidate)


@pytest.mark.long
def test_what_storage_does_not_give_back_is_asked_for_again_and_then_told(
    candidate: Candidate,
) -> None:
    candidate.starts_answering()
    candidate.has_saved(2)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.runs_for(6)
    candidate.page.add_init_script(NEVER_OPENS)
    candidate.page.reload()
    candidate.page.unroute_all()
    candidate.sees("This browser's storage does not answer")
    candidate.sees("What it stored and still does not return then is lost")
    candidate.press("Try again")
    candidate.sees("Not all of it is saved: this browser could not read what it had kept")
    expect(candidate.page.locator("[data-text=answer_1]")).to_contain_text(
        "this browser could not read"
    )


FULL = """
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value) {
        if (value.bytes) throw new DOMException("full", "QuotaExceededError");
        return put.call(this, value);
    };
"""


@pytest.mark.long
@pytest.mark.parametrize("script", [FULL, NEVER_OPENS], ids=["full", "never opens, then it does"])
def test_seconds_that_only_a_pages_memory_had_are_missed_after_a_reload(
    candidate: Candidate, script: str
) -> None:
    candidate.page.add_init_script(f"if (!sessionStorage.loads) {{ {script} }}")
    candidate.starts_answering()
    candidate.has_saved(3)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.runs_for(9)
    candidate.page.evaluate("sessionStorage.loads = 1")
    candidate.page.reload()
    candidate.page.unroute_all()
    candidate.sees("Not all of it is saved: its last")
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(
        re.compile(r"^only 00:\d\d saved: its last \d+ s are gone$")
    )
    assert candidate.answers()[0].recorded_ms >= 9_000


@pytest.mark.long
def test_what_a_page_without_storage_has_sent_is_saved_and_a_reload_says_so(
    candidate: Candidate,
) -> None:
    candidate.page.add_init_script(NEVER_OPENS)
    candidate.starts_answering()
    candidate.runs_for(3)
    candidate.page.route("**/complete", lambda route: route.abort())
    candidate.press("Stop and play back")
    candidate.sees("kept in this page, 100 % saved")
    candidate.page.reload()
    candidate.page.unroute_all()
    candidate.sees("What you said is saved.")
    expect(candidate.page.locator("[data-text=answer_1]")).to_have_text(
        re.compile(r"^saved 00:0\d$")
    )


@pytest.mark.long
def test_pieces_that_are_gone_are_never_called_saved(candidate: Candidate) -> None:
    candidate.starts_answering()
    candidate.has_saved(2)
    candidate.page.route("**/capture/uploads/*", lambda route: route.abort())
    candidate.runs_for(7)
    candidate.page.goto("about:blank")
    candidate.page.goto(candidate.url("check"))
    candidate.page.evaluate(FORGET_FIRST_PIECES, NAME)
    candidate.page.unroute_all()
    candidate.page.goto(candidate.url("room"))
    candidate.sees("Not all of it is saved: a part of it is gone from this browser")
    row = candidate.page.locator("[data-text=answer_1]")
    expect(row).to_have_text("only 00:02 saved: a part of it is gone from this browser")
    assert candidate.answers()[0].recorded_ms > 6_000


FORGET_FIRST_PIECES = """(name) => new Promise((resolve) => {
    indexedDB.open(name).onsuccess = ({ target: { result: database } }) => {
        const pieces = database.transaction("pieces", "readwrite").objectStore("pieces");
        pieces.openCursor().onsuccess = ({ target }) => target.result.delete().onsuccess = () => {
            database.close();
            resolve();
        };
    };
})"""

USE_STORE = """async () => {
    const { PieceStore } = await import("/static/upload/piece_store.js");
    const said = [];
    const store = await PieceStore.open(() => said.push("fallback"));
    const id = String(Math.random());
    const piece = (start, ...all) => {
        const bytes = new Uint8Array(all).buffer;
        return store.putPiece({ answer_id: id, start, bytes, until_ms: 100 * start });
    };
    const read = async (from, limit) => [...(await store.read(id, from, limit) ?? [])];
    const record = { answer_id: id, interview_id: "1" };
    STEPS
}"""


def used(candidate: Candidate, steps: str) -> Any:
    return candidate.page.evaluate(USE_STORE.replace("STEPS", steps))


def test_a_part_of_a_piece_is_read_and_the_rest_stays(candidate: Candidate) -> None:
    seen = used(
        candidate,
        """await piece(0, 1, 2, 3, 4); await piece(4, 5, 6, 7, 8);
        const before = [await read(0, 3), await read(3, 2), await read(6, 9)];
        before.push(await read(8, 9), await read(0, 100));
        await store.dropBefore(record, 6);
        const untilMs = [store.untilMs(id, 7), store.untilMs(id, 8)];
        return [before, await read(6, 9), await read(3, 9), ...untilMs];""",
    )
    assert seen == [
        [[1, 2, 3], [4, 5], [7, 8], [], [1, 2, 3, 4, 5, 6, 7, 8]],
        [7, 8],
        [],
        None,
        400,
    ]


def test_another_page_finds_what_this_one_kept(candidate: Candidate) -> None:
    seen = used(
        candidate,
        """await piece(0, 1, 2); await piece(2, 3, 4);
        await store.dropBefore(record, 2); await store.putUpload(record);
        const other = await PieceStore.open(() => {});
        const end = await other.endOfPieces(id);
        const isStored = (await other.uploads("1")).some((record) => record.answer_id === id);
        return [end, [...await other.read(id, 2, 9)], isStored];""",
    )
    assert seen == [4, [3, 4], True]


def test_what_memory_does_not_hold_is_read_from_storage_and_missed_where_it_is_gone(
    candidate: Candidate,
) -> None:
    with_constants(candidate.page, {"IN_MEMORY_BYTES": 3})
    candidate.page.reload()
    seen = used(
        candidate,
        """await piece(0, 1, 2); await piece(2, 3, 4); await piece(4, 5, 6);
        const [held, before] = [store.memoryBytes, await read(0, 9)];
        const deletion = indexedDB.deleteDatabase("interview-uploads");
        await new Promise((resolve) => (deletion.onsuccess = resolve));
        return [held, before, await read(0, 9), await store.read(id, 2, 9)];""",
    )
    assert seen == [2, [1, 2, 3, 4, 5, 6], [1, 2], None]


def test_a_write_that_fails_for_want_of_room_keeps_the_bytes(candidate: Candidate) -> None:
    seen = used(
        candidate,
        """const put = IDBObjectStore.prototype.put;
        const full = new DOMException("full", "QuotaExceededError");
        IDBObjectStore.prototype.put = () => { throw full; };
        await piece(0, 1, 2);
        IDBObjectStore.prototype.put = put;
        return [said, store.isDurable, await read(0, 9)];""",
    )
    assert seen == [["fallback"], False, [1, 2]]


def test_somebody_who_deletes_the_database_is_not_held_up_and_what_is_kept_is_written_again(
    candidate: Candidate,
) -> None:
    seen = used(
        candidate,
        """await piece(0, 1, 2);
        await new Promise((resolve, reject) => {
            const deleting = indexedDB.deleteDatabase("interview-uploads");
            [deleting.onsuccess, deleting.onblocked] = [resolve, reject];
        });
        await piece(2, 3, 4);
        await new Promise((resolve) => setTimeout(resolve, 300));
        const other = await PieceStore.open(() => {});
        return [said, await other.endOfPieces(id), [...await other.read(id, 0, 9)]];""",
    )
    assert seen == [[], 4, [1, 2, 3, 4]]


KEEP_A_PIECE_OF_EACH = """async (interviews) => {
    const { PieceStore } = await import("/static/upload/piece_store.js");
    const store = await PieceStore.open(() => {});
    for (const interview_id of interviews) {
        const [answer_id, bytes] = [`of ${interview_id}`, new Uint8Array([1, 2, 3]).buffer];
        await store.putUpload({ answer_id, interview_id });
        await store.putPiece({ answer_id, start: 0, bytes, until_ms: 100 });
    }
}"""
KEPT = """(name) => new Promise((resolve) => {
    indexedDB.open(name).onsuccess = ({ target: { result: database } }) => {
        const stores = database.transaction(["jobs", "pieces"]);
        const all = (store) => new Promise((given) => {
            stores.objectStore(store).getAll().onsuccess = ({ target }) => given(target.result);
        });
        Promise.all([all("jobs"), all("pieces")]).then((found) => {
            database.close();
            resolve(found.map((rows) => rows.map(({ answer_id }) => answer_id)));
        });
    };
})"""


def test_the_receipt_deletes_what_this_browser_still_kept_of_its_interview_and_of_no_other(
    candidate: Candidate,
) -> None:
    own, other = f"of {candidate.interview_id}", "of another one"
    candidate.page.evaluate(KEEP_A_PIECE_OF_EACH, [str(candidate.interview_id), "another one"])
    assert [set(ids) for ids in candidate.page.evaluate(KEPT, NAME)] == [{own, other}] * 2
    with candidate.server.app.app_context():
        db.session.get_one(InterviewSession, candidate.interview_id).state = InterviewState.READY
        db.session.commit()
    candidate.page.goto(candidate.url("receipt"))
    until_kept(candidate, [[other], [other]])


def until_kept(candidate: Candidate, jobs_and_pieces: list[list[str]]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (
        kept := candidate.page.evaluate(KEPT, NAME)
    ) != jobs_and_pieces and time.monotonic() < deadline:
        candidate.page.wait_for_timeout(100)
    assert kept == jobs_and_pieces
