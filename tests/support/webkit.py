"""WebKitGTK's small browser under WebDriver, on a screen of its own: as near to Safari as Debian
comes.

Its camera and microphone are WebKit's own made-up ones. With an encoder it records H.264 and AAC in
MP4, as Safari does; without one it says that it records and delivers nothing. Knows nothing of the
portal.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from glob import glob
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    NoSuchFrameException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.webkitgtk.options import Options
from servers import free_port, wait_until_answers
from urllib3.exceptions import HTTPError

DRIVER = shutil.which("WebKitWebDriver")
XVFB = shutil.which("Xvfb")
BROWSERS = sorted(
    glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser") + glob("/usr/libexec/webkit2gtk-4.*/MiniBrowser")
)
ENCODER = glob("/usr/lib/*/gstreamer-1.0/libgstopenh264.so")
ARGUMENTS = ("--automation", "--enable-media-stream=true")
MADE_UP_DEVICES = "--enable-mock-capture-devices=true"
CHOOSE_ENCODER = "GST_PLUGIN_FEATURE_RANK"
PATIENCE_S = 30  # for anything that depends on this machine's speed
ANSWERS_WITHIN_S = 60  # the driver; loading a page is part of an answer
LOOK_EVERY_S = 0.1

Found = TypeVar("Found")

FIND_PRESSABLE = """
    const says = (one) => one.innerText.trim().startsWith(arguments[0]);
    const can = (one) => says(one) && one.checkVisibility() && !one.disabled;
    return [...document.querySelectorAll("main button, main a[href]")].find(can);
"""
# What the driver says of a page that was changed or left while it looked.
GONE = (
    NoSuchElementException,
    StaleElementReferenceException,
    NoSuchFrameException,
    ElementNotInteractableException,
)


def can_run() -> bool:
    """Whether this machine has all that recording in WebKitGTK needs."""
    return bool(DRIVER and XVFB and BROWSERS and ENCODER)


class WebKit:
    """One browser with a profile of its own, as a context. Nothing of it is left behind, however
    the test ends.
    """

    def __init__(
        self,
        folder: Path,
        *,
        has_encoder: bool = True,
        has_devices: bool = True,
        width: int = 1024,
        height: int = 768,
    ) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.has_encoder = has_encoder
        self.has_devices = has_devices
        self.size = (width, height)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.driver: webdriver.Remote

    def __enter__(self) -> "WebKit":
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error:
            with suppress(WebDriverException):
                self.driver.save_screenshot(str(self.folder / "failed.png"))
        with suppress(WebDriverException, OSError):
            self.driver.quit()
        self._end()

    # Its processes

    def _start(self) -> None:
        environ = self._environ() | {"DISPLAY": self._start_screen()}
        port = free_port()
        assert DRIVER
        self._run([DRIVER, f"--port={port}", "--host=local"], env=environ)
        wait_until_answers(f"http://127.0.0.1:{port}/status")
        options = Options()
        options.binary_location = BROWSERS[-1]
        for argument in (*ARGUMENTS, *((MADE_UP_DEVICES,) if self.has_devices else ())):
            options.add_argument(argument)
        there = ClientConfig(f"http://127.0.0.1:{port}", timeout=ANSWERS_WITHIN_S)
        self.driver = webdriver.Remote(RemoteConnection(client_config=there), options=options)
        # files lie on this machine: nothing is to be copied
        self.driver.file_detector = UselessFileDetector()
        self.driver.set_window_size(*self.size)

    def _environ(self) -> dict[str, str]:
        """No display, settings or encoder of this machine's own: what is chosen is said here."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in (CHOOSE_ENCODER, "WAYLAND_DISPLAY")
        }
        environ = kept | {"HOME": str(self.folder), "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
            environ[name] = str(self.folder / name.lower())
            (self.folder / name.lower()).mkdir(mode=0o700)
        if self.has_encoder:
            environ[CHOOSE_ENCODER] = "openh264enc:MAX"
        return environ

    def _start_screen(self) -> str:
        """A screen that chooses its own free number, and tells it."""
        assert XVFB
        told, tell = os.pipe()
        width, height = (side + 200 for side in self.size)
        options = f"-displayfd {tell} -screen 0 {width}x{height}x24 -nolisten tcp -noreset"
        self._run([XVFB, *options.split()], pass_fds=(tell,))
        os.close(tell)
        with os.fdopen(told) as number:
            return f":{number.readline().strip()}"

    def _run(self, command: list[str], **options: Any) -> None:
        with (self.folder / "browser.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, **options
            )
        self.processes.append(process)

    def _end(self) -> None:
        """The driver and its browser at once; the screen with time to take its lock away."""
        for process in reversed(self.processes):
            if isinstance(process.args, list) and process.args[0] == XVFB:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(PATIENCE_S)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def is_alive(self) -> bool:
        """Whether it still answers: the driver ends the session when a process of the browser has
        crashed.
        """
        try:
            return bool(self.driver.current_url)
        except (WebDriverException, HTTPError):
            return False

    def kill_pages(self) -> None:
        """End the processes that its pages run in, as a crash would."""
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(ProcessLookupError, FileNotFoundError):
                is_ours = os.getpgid(int(folder.name)) == self.processes[-1].pid
                if is_ours and (folder / "comm").read_text().startswith("WebKitWebProc"):
                    os.kill(int(folder.name), signal.SIGKILL)

    # What a person does

    def open(self, url: str) -> None:
        self.driver.get(url)

    def fill(self, label: str, text: str) -> None:
        def write(field: WebElement) -> bool:
            field.clear()
            field.send_keys(text)
            return True

        self.until(lambda: write(self._labelled(label)), f"a field called {label!r}")

    def choose_file(self, label: str, path: Path) -> None:
        self.until(lambda: self._labelled(label), f"a field called {label!r}").send_keys(str(path))

    def tick(self, label: str) -> None:
        def ticked(box: WebElement) -> bool:
            if not box.is_selected():
                box.click()
            return box.is_selected()

        self.until(lambda: ticked(self._labelled(label)), f"a box called {label!r}")

    def _labelled(self, label: str) -> WebElement:
        found = self.driver.find_element(
            By.XPATH, f'//label[contains(normalize-space(), "{label}")]'
        )
        return self.driver.find_element(By.ID, found.get_attribute("for") or "")

    def press(self, name: str, within_s: float = PATIENCE_S) -> None:
        """A button or a link that begins with these words, once it can be pressed."""
        self.until(
            lambda: self.press_if_there(name), f"something to press called {name!r}", within_s
        )

    def press_if_there(self, name: str) -> bool:
        found = self.driver.execute_script(FIND_PRESSABLE, name)
        if found:
            with suppress(
                NoSuchFrameException
            ):  # what the driver says where the press leads away at once
                found.click()
        return bool(found)

    # What a person sees

    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text

    def sees(self, text: str, within_s: float = PATIENCE_S) -> None:
        self.until(lambda: text in self.text(), f"the words {text!r}", within_s)

    def value(self, script: str) -> Any:
        """What an expression of the page's script gives."""
        return self.driver.execute_script(f"return {script}")

    def until(self, find: Callable[[], Found], what: str, within_s: float = PATIENCE_S) -> Found:
        """The first true thing that it finds. Pages change under our hands: what is gone is looked
        for again.
        """
        deadline = time.monotonic() + within_s
        while True:
            with suppress(*GONE):
                if found := find():
                    return found
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not within {within_s} s: {what}; the page says:\n{self.text()}"
                )
            time.sleep(LOOK_EVERY_S)


def walk(folder: Path, way: Callable[[WebKit], Found], **options: Any) -> Found:
    """Go this way in a browser; in a second one where a process of the first crashed, as happened
    once in 25 walks.
    """
    for attempt in (1, 2):
        with WebKit(folder / f"browser-{attempt}", **options) as browser:
            try:
                return way(browser)
            except (AssertionError, WebDriverException, HTTPError):
                if attempt == 2 or browser.is_alive():
                    raise
                print("A process of WebKit crashed: walking once more.")
    raise AssertionError("unreachable")
