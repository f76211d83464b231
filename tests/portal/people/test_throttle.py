"""Tries are counted in the database, under names that tell nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import ThrottleHit
from portal.people import throttle
from portal.people.throttle import Limit, RateLimitReached, count_try

THREE = Limit("three a minute", tries=3, window_s=60)


NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.usefixtures("app")
def test_it_refuses_the_try_after_the_last_allowed_one() -> None:
    for second in range(3):
        count_try(THREE, "alice", after(second))
    with pytest.raises(RateLimitReached) as refused:
        count_try(THREE, "alice", after(10))
    assert refused.value.wait_s == 50  # the first try leaves the window 60 s after it was made


@pytest.mark.usefixtures("app")
def test_it_lets_one_more_through_exactly_when_it_said_so() -> None:
    for second in (0, 20, 40):
        count_try(THREE, "alice", after(second))
    count_try(THREE, "alice", after(60))
    with pytest.raises(RateLimitReached) as refused:
        count_try(THREE, "alice", after(61))
    assert refused.value.wait_s == 19


@pytest.mark.usefixtures("app")
def test_a_refused_try_does_not_make_the_wait_longer() -> None:
    for second in range(3):
        count_try(THREE, "alice", after(second))
    for second in range(10, 50):
        with pytest.raises(RateLimitReached):
            count_try(THREE, "alice", after(second))
    assert count_try(THREE, "alice", after(60))


@pytest.mark.usefixtures("app")
def test_it_counts_subjects_and_limits_apart() -> None:
    for second in range(3):
        count_try(THREE, "alice", after(second))
    assert count_try(THREE, "bob", after(4))
    assert count_try(Limit("another", tries=1, window_s=60), "alice", after(4))


@pytest.mark.usefixtures("app")
def test_forgiven_tries_do_not_count() -> None:
    for second in range(20):
        throttle.uncount([count_try(THREE, "alice", after(second))])
    assert db.session.scalar(db.select(db.func.count(ThrottleHit.id))) == 0


def test_what_is_kept_tells_neither_address_nor_e_mail(app: Flask) -> None:
    count_try(THREE, "alice@example.org", NOW)
    kept = db.session.scalar(db.select(ThrottleHit.bucket))
    app.secret_key = "another secret"
    assert "alice" not in kept
    # not to be guessed without the secret
    assert throttle.bucket_of(THREE, "alice@example.org") != kept


@pytest.mark.usefixtures("app")
def test_it_forgets_what_no_limit_looks_at_any_more() -> None:
    count_try(THREE, "alice", NOW)
    count_try(THREE, "bob", after(throttle.KEEP_S + 1))
    assert db.session.scalar(db.select(db.func.count(ThrottleHit.id))) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::4", "2001:db8:1:3::4", False),
        ("192.0.2.1", "192.0.2.2", False),
        (None, "", True),
    ],
)
def test_addresses_of_one_customer_count_together(one: str | None, other: str, same: bool) -> None:
    assert (throttle.network_of(one) == throttle.network_of(other)) is same


TWO = (Limit("account", tries=2, window_s=60), Limit("address", tries=4, window_s=60))


@pytest.mark.usefixtures("app")
def test_an_account_that_may_not_try_any_more_uses_up_nothing_of_its_neighbours() -> None:
    for _ in range(2):
        throttle.count_both(TWO, "alice", "192.0.2.1", NOW)
    for _ in range(5):
        with pytest.raises(RateLimitReached):
            throttle.count_both(TWO, "alice", "192.0.2.1", NOW)
    assert len(throttle.count_both(TWO, "bob", "192.0.2.1", NOW)) == 2


@pytest.mark.usefixtures("app")
def test_what_got_no_turn_was_no_try() -> None:
    for _ in range(9):
        with pytest.raises(throttle.RetryLater), throttle.counted(TWO, "alice", "192.0.2.1", NOW):
            raise throttle.RetryLater("Others are before you.", 10)
    with throttle.counted(TWO, "alice", "192.0.2.1", NOW):
        pass
    assert db.session.scalar(db.select(db.func.count(ThrottleHit.id))) == 2


def test_a_university_behind_one_address_is_not_made_to_wait() -> None:
    """Two hundred people register and apply within an hour, some of them a few times."""
    assert throttle.REGISTER_PER_ADDRESS.tries >= 400
    assert throttle.APPLY_PER_ADDRESS.tries >= 600
