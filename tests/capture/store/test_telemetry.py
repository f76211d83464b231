"""The contract's file: what is written follows the schema, and what is read back can be judged
again.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import capture
from capture.errors import CaptureError
from capture.store import telemetry
from capture.types import (
    AnswerSpan,
    Flag,
    FlagKind,
    Gap,
    GapCause,
    Measurements,
    Observation,
    PageEvent,
    Severity,
)

pytestmark = pytest.mark.film

SCHEMA = json.loads((Path(capture.__file__).parent / "store" / "telemetry.schema.json").read_text())
ENGINE = {"capture": "0.1.0", "mediapipe": "0.10.31", "model_sha256": "6418", "rules": "1"}
FLAG = Flag(
    FlagKind.NO_FACE,
    200,
    600,
    Severity.MEDIUM,
    400,
    300,
    "ms",
    "no_face/1",
    "No face was seen for 0.4 s.",
)
FULL = Observation(
    t_ms=0,
    count=1,
    box=(0.25, 0.1, 0.5, 0.6),
    yaw_deg=-3.5,
    pitch_deg=4.0,
    roll_deg=0.1,
    gaze_x=-0.2,
    gaze_y=0.125,
    openness=0.8,
    level_dbfs=-31.2,
    speech=0.9,
    mouth_open=0.3,
    brightness=0.5,
    sharpness=120.3,
    face_px=88.5,
    frozen=False,
)
MEASURED = Measurements(
    duration_ms=1000,
    answers=[AnswerSpan(1, 1, 0, 800)],
    observations=[
        FULL,
        Observation(200, count=0, level_dbfs=-90.0),
        Observation(400, count=2, blinks_ms=(350,)),
    ],
    events=[PageEvent(210, "tab_hidden", 690), PageEvent(700, "paste")],
    gaps=[Gap(800, 1000, GapCause.INTERRUPTED)],
)


def built(measurements: Measurements = MEASURED) -> dict[str, Any]:
    return telemetry.build("0b6c", measurements, [FLAG], ENGINE)


def numbers(low: float, high: float) -> st.SearchStrategy[float | None]:
    return st.none() | st.floats(low, high)


OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        t_ms=st.integers(0, 10**7),
        count=st.none() | st.integers(0, 5),
        box=st.none() | st.tuples(*[st.floats(0, 1)] * 4),
        yaw_deg=numbers(-180, 180),
        gaze_x=numbers(-1, 1),
        openness=numbers(0, 1),
        blinks_ms=st.lists(st.integers(0, 10**7), max_size=2).map(tuple),
        level_dbfs=numbers(-90, 0),
        sharpness=numbers(0, 1e6),
        frozen=st.none() | st.booleans(),
    ),
    unique_by=lambda observation: observation.t_ms,
    max_size=6,
).map(lambda found: sorted(found, key=lambda observation: observation.t_ms))


def test_it_follows_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(built(), SCHEMA)


@given(OBSERVATIONS)
def test_whatever_is_measured_follows_the_schema(observations: list[Observation]) -> None:
    document = built(Measurements(10**7, (), observations))
    jsonschema.validate(document, SCHEMA)
    for log in ("face", "eyes", "audio", "quality"):
        lengths = {len(column) for name, column in document[log].items() if name != "blinks_ms"}
        assert len(lengths) == 1


def test_it_leaves_out_rows_in_which_nothing_was_measured() -> None:
    document = built()
    assert document["face"]["t_ms"] == [0, 200, 400]
    assert document["face"]["box"] == [[0.25, 0.1, 0.5, 0.6], None, None]
    assert document["audio"] == {
        "t_ms": [0, 200],
        "level_dbfs": [-31.2, -90.0],
        "speech": [0.9, None],
        "mouth_open": [0.3, None],
    }
    assert document["eyes"]["t_ms"] == [0]
    assert document["eyes"]["blinks_ms"] == [350]


def test_it_reads_back_what_it_wrote(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.json"
    telemetry.write(path, built())
    assert telemetry.read(path) == (MEASURED, [FLAG])


@given(OBSERVATIONS)
def test_a_second_round_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, observations: list[Observation]
) -> None:
    path = tmp_path_factory.mktemp("round") / "telemetry.json"
    once = built(Measurements(10**7, (), observations))
    telemetry.write(path, once)
    measurements, flags = telemetry.read(path)
    assert telemetry.build("0b6c", measurements, flags, ENGINE) == once


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda document: document.update(version=2), "version 2"),
        (lambda document: document.pop("flags"), "flags"),
        (lambda document: document["face"]["count"].append(1), "contract"),
        (lambda document: document["gaps"][0].update(cause="weather"), "weather"),
        (lambda document: document["flags"][0].update(kind="mood"), "mood"),
        (lambda document: document.update(face=None), "contract"),
    ],
)
def test_it_says_what_is_wrong_with_a_file(tmp_path: Path, spoil: Any, message: str) -> None:
    document = built()
    spoil(document)
    (tmp_path / "telemetry.json").write_text(json.dumps(document))
    with pytest.raises(CaptureError, match=message):
        telemetry.read(tmp_path / "telemetry.json")


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"'])
def test_it_refuses_what_is_no_telemetry(tmp_path: Path, text: str) -> None:
    (tmp_path / "telemetry.json").write_text(text)
    with pytest.raises(CaptureError):
        telemetry.read(tmp_path / "telemetry.json")
    with pytest.raises(CaptureError):
        telemetry.read(tmp_path / "none.json")
