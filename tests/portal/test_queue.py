"""The queue's filters and numbers, on real rows."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import make_job
from reviewing import NOON, make_answer, make_flag, make_interview
from sqlalchemy import event
from werkzeug.datastructures import MultiDict

from capture.types import FlagKind, Severity
from portal import interviews, review_queue
from portal.extensions import db
from portal.models import AnswerState, InterviewState, Role, User, utc_now
from portal.review_queue import Activity, InterviewFilter, ListPosition, Progress

pytestmark = pytest.mark.usefixtures("app")

ADMIN = User(role=Role.ADMIN)


def names_listed_for(*args: tuple[str, str]) -> list[str]:
    selected = db.session.scalars(InterviewFilter.from_args(MultiDict(args)).select(ADMIN)).unique()
    return [interview.application.user.full_name for interview in selected]


def test_its_names_are_the_engines_names() -> None:
    assert set(review_queue.KINDS) == set(FlagKind)
    assert set(review_queue.SEVERITIES) == set(Severity)


def test_it_lists_newest_first_and_leaves_out_who_never_agreed() -> None:
    make_interview(name="Older", start_time=NOON - timedelta(hours=1))
    make_interview(name="Newer")
    make_interview(name="Never", state=InterviewState.PENDING, start_time=None)

    assert names_listed_for() == ["Newer", "Older"]
    assert names_listed_for(("state", "pending")) == ["Never"]


def test_kind_and_severity_must_hold_for_one_and_the_same_flag() -> None:
    make_interview(
        make_flag("no_face", severity="low"), make_flag("paste", severity="high"), name="Split"
    )
    make_interview(make_flag("no_face", severity="high"), name="Both")

    assert names_listed_for(("kind", "no_face"), ("severity", "high")) == ["Both"]


def test_several_values_mean_any_of_them() -> None:
    make_interview(make_flag(severity="high"), name="High")
    make_interview(make_flag(severity="low"), name="Low", start_time=NOON - timedelta(hours=1))
    make_interview(make_flag(severity="medium"), name="Medium")

    assert names_listed_for(("severity", "high"), ("severity", "low")) == ["High", "Low"]


def test_what_could_not_be_assessed_is_never_found_nor_counted() -> None:
    interview = make_interview(make_flag(assessable=False))

    assert names_listed_for(("kind", "no_face")) == []
    assert review_queue.severity_counts(interview.flags) == {}
    assert review_queue.kind_counts(interview.flags) == {}


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ((("from", "2026-11-20"),), ["Late", "Early"]),
        ((("to", "2026-11-20"),), ["Late", "Early", "Before"]),  # the whole day included
        ((("from", "2026-11-21"),), []),
        ((("from", "2026-11-20"), ("to", "2026-11-20")), ["Late", "Early"]),
        ((("from", "nonsense"), ("to", "9999-12-31")), ["Late", "Early", "Before"]),
    ],
)
def test_it_filters_by_day(args: tuple[tuple[str, str], ...], names: list[str]) -> None:
    make_interview(name="Before", start_time=datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC))
    make_interview(name="Early", start_time=datetime(2026, 11, 20, tzinfo=UTC))
    make_interview(name="Late", start_time=datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC))

    assert names_listed_for(*args) == names


def test_it_filters_by_candidate_with_all_words_and_no_wildcards() -> None:
    make_interview(name="Ines Duarte")
    make_interview(name="Ines Weber", start_time=NOON - timedelta(days=1))

    assert names_listed_for(("candidate", "duarte INES")) == ["Ines Duarte"]
    assert names_listed_for(("candidate", "%")) == []


def test_it_filters_by_job_and_ignores_what_means_nothing() -> None:
    job = make_job("Nurse")
    make_interview(name="Nurse", job=job)
    make_interview(name="Other", start_time=NOON - timedelta(days=1))

    assert names_listed_for(("job", str(job.id))) == ["Nurse"]
    assert names_listed_for(("job", "x"), ("state", "x"), ("kind", "x"), ("severity", "x")) == [
        "Nurse",
        "Other",
    ]


def test_a_filter_survives_the_way_through_the_url() -> None:
    args = MultiDict(
        [
            ("candidate", "ines"),
            ("kind", "paste"),
            ("severity", "high"),
            ("state", "ready"),
            ("from", "2026-11-20"),
        ]
    )
    wanted = InterviewFilter.from_args(args)

    assert InterviewFilter.from_args(MultiDict(wanted.to_args())) == wanted
    assert wanted
    assert not InterviewFilter()


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    def queries() -> int:
        db.session.expunge_all()
        counted: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
        for interview in db.session.scalars(InterviewFilter().select(ADMIN)).unique():
            assert interview.application.user.full_name
            assert len(interview.flags) + len(interview.answers) + len(interview.questions) == 3
        return len(counted)

    make_interview(make_flag())
    one = queries()
    for _ in range(4):
        make_interview(make_flag())

    assert queries() == one


def test_the_share_that_could_not_be_assessed_counts_overlaps_once() -> None:
    flags = [
        make_flag("picture_lost", 0, 30_000, assessable=False),
        make_flag("no_face", 20_000, 36_000, assessable=False),
        make_flag("no_face", 40_000, 50_000),
    ]

    assert review_queue.unassessable_percent(make_interview(*flags)) == 60


def test_marks_stay_inside_the_strip_and_the_gravest_lies_on_top() -> None:
    interview = make_interview(
        make_flag(severity="high", start_ms=59_990, end_ms=60_000),
        make_flag(assessable=False, start_ms=0, end_ms=30_000),
        make_flag(severity="low"),
    )
    placed = review_queue.marks(interview)

    assert [mark.severity for mark in placed] == ["none", "low", "high"]
    assert placed[0] == review_queue.FlagSegment(0, 50, "none")
    assert all(mark.x + mark.width <= 100 for mark in placed)


def test_neighbours_are_the_next_in_the_list_on_both_sides() -> None:
    older, here, newer = (
        make_interview(start_time=NOON + timedelta(days=day)) for day in (-1, 0, 1)
    )
    make_interview(start_time=utc_now() + timedelta(days=400), state=InterviewState.PENDING)

    assert review_queue.position_of(here, InterviewFilter(), ADMIN) == ListPosition(
        newer.id, older.id, 2, 3
    )
    assert review_queue.position_of(newer, InterviewFilter(), ADMIN) == ListPosition(
        None, here.id, 1, 3
    )


def test_neighbours_follow_the_filter_and_nobody_of_the_same_moment_is_left_out() -> None:
    # all three at the same time
    flagged = [make_interview(make_flag(severity="high")) for _ in range(3)]
    make_interview(start_time=NOON + timedelta(hours=1))
    wanted = InterviewFilter(severities=("high",))
    listed = list(db.session.scalars(wanted.select(ADMIN)).unique())
    places = [review_queue.position_of(interview, wanted, ADMIN) for interview in listed]

    assert len(listed) == len(flagged)
    assert [place.number for place in places] == [1, 2, 3]
    assert [place.older for place in places] == [listed[1].id, listed[2].id, None]
    assert [place.newer for place in places] == [None, listed[0].id, listed[1].id]


def test_what_is_no_longer_in_the_list_still_has_its_place_there() -> None:
    older, here, newer = (
        make_interview(start_time=NOON + timedelta(days=day)) for day in (-1, 0, 1)
    )
    here.state = InterviewState.FAILED
    db.session.commit()

    wanted = InterviewFilter(states=(InterviewState.READY,))
    assert review_queue.position_of(here, wanted, ADMIN) == ListPosition(newer.id, older.id, 2, 3)
    assert review_queue.position_of(newer, wanted, ADMIN) == ListPosition(None, older.id, 1, 2)


@pytest.mark.usefixtures("app")
def test_a_row_of_an_interview_in_progress_knows_its_length_so_far() -> None:
    interview = make_interview(duration_ms=None, state=InterviewState.RECORDING)
    interview.answers = [make_answer(1, measured_ms=4_000), make_answer(2, measured_ms=5_000)]

    assert review_queue.length_so_far_ms(interview) == 9_000


@pytest.mark.usefixtures("app")
def test_recording_is_said_only_of_what_has_come() -> None:
    answer = make_answer(1, state=AnswerState.RECORDING, length_bytes=None)
    here = make_interview(state=InterviewState.RECORDING, answers=[answer], holder_seen_at=NOON)
    now = NOON + timedelta(seconds=5)
    # a browser that delivers nothing
    assert review_queue.progress(here, now) == Progress(Activity.WAITING, 0)

    path = interviews.answer_path(answer)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"some of it")
    assert review_queue.progress(here, now) == Progress(Activity.RECORDING, 1)
    assert review_queue.progress(here, now + review_queue.AWAY_AFTER) == Progress(Activity.AWAY, 1)
    answer.state = AnswerState.READY
    assert review_queue.progress(here, now) == Progress(Activity.WAITING, 1)
