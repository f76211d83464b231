"""The benchmarks' book-keeping, and the command that says what measuring costs. No figure is
asserted here.
"""

from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from clips import make_clip

from benchmarks import portal_rows, speed
from benchmarks.report_section import rewrite_section
from capture import bench
from capture.__main__ import main


def test_a_section_is_rewritten_and_the_others_stay(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    rewrite_section("speed", "fast", document)
    rewrite_section("accuracy", "right", document)
    rewrite_section("speed", "faster", document)
    text = document.read_text()
    assert text.index("# Benchmarks") < text.index("faster") < text.index("right")
    assert "fast\n" not in text
    assert text.count("<!-- speed: begin -->") == 1


@pytest.mark.parametrize(("value", "is_met"), [(0.79, False), (0.8, True), (3.0, True)])
def test_a_row_that_asks_for_at_least_so_much(value: float, is_met: bool) -> None:
    [row] = [row for row in speed.ROWS if row.name == "tus"]
    assert row.is_met(value) is is_met


@pytest.mark.parametrize(("value", "is_met"), [(0.0, True), (30.0, True), (30.1, False)])
def test_a_row_that_asks_for_at_most_so_much(value: float, is_met: bool) -> None:
    [row] = [row for row in speed.ROWS if row.name == "flags"]
    assert row.is_met(value) is is_met


def test_the_bare_handler_runs_under_the_same_settings_and_appends(tmp_path: Path) -> None:
    with portal_rows.bare_server(tmp_path) as port:
        for piece in (b"one", b"two"):
            request = Request(f"http://127.0.0.1:{port}/upload", piece, method="PATCH")
            with urlopen(request, timeout=20) as response:
                assert response.status == 204

    assert (tmp_path / "bare" / "upload").read_bytes() == b"onetwo"


def test_every_row_of_the_table_has_a_measurement() -> None:
    assert {row.name for row in speed.ROWS} == set(speed.MEASUREMENTS)


def test_a_row_that_does_not_exist_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert speed.main(["nothing"]) == 2
    assert "there are cpu-h264" in capsys.readouterr().err


def test_an_interrupted_run_goes_on_with_the_missing_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def measured(name: str) -> dict[str, object]:
        if name == "live" and "live" not in done:
            done.append("live")
            raise KeyboardInterrupt
        done.append(name)
        return {"at": "now", "took_s": 1, "figures": {row.figure: [1.0] for row in speed.ROWS}}

    monkeypatch.setattr(speed, "RESULTS", tmp_path / "bench.json")
    monkeypatch.setattr(speed, "rewrite_section", lambda name, _text: done.append(name))
    # what takes minutes; its rows are measured for real by `make bench`
    monkeypatch.setattr(speed, "_measured", measured)
    assert speed.main([]) == speed.INTERRUPTED
    before = len(done)
    speed.main([])
    assert done[before:] == ["live", "memory", "tus", "flags", "speed"]


def test_the_command_says_what_measuring_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "ROUNDS", 1)
    clip = make_clip(tmp_path / "clip.mp4", 2, fps=5)
    assert main(["bench", str(clip)]) == 0
    assert "s of CPU for a second of video" in capsys.readouterr().out
    assert main(["bench", str(tmp_path / "none.mp4")]) == 2
