"""What the tests in a browser share: to start a server or a browser takes seconds."""

from collections.abc import Iterator

import pytest
from browsing import fake_camera_browser
from playwright.sync_api import Browser
from servers import LiveServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One for all modules that need no settings of their own. Each test comes as somebody else."""
    server = LiveServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with fake_camera_browser() as browser:
        yield browser
