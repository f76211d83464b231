"""What the tests in a browser share: to start a server or a browser takes seconds."""

from collections.abc import Iterator

import pytest
from browsing import ALLOW_CAMERA, Candidate, chromium
from playwright.sync_api import Browser, Playwright, sync_playwright
from servers import LiveServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One for all modules that need no settings of their own. Each test comes as somebody else."""
    server = LiveServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = chromium(playwright, ALLOW_CAMERA)
    yield browser
    browser.close()


@pytest.fixture
def candidate(server: LiveServer, browser: Browser) -> Iterator[Candidate]:
    """Somebody who is invited. What their pages complained about fails the test."""
    candidate = Candidate(server, browser)
    yield candidate
    candidate.context.close()
    assert not candidate.complaints
