"""The film of a file that contains only sound: one still picture with a title, and the sound."""

from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from capture.film.picture_track import PICTURE_CLOCK, PICTURE_CLOCK_HZ, h264_stream
from capture.film.sound_track import EvenSound
from capture.media.sound_file import SoundFile

STILL_SIZE = (640, 360)
STILL_EVERY_MS = 1_000  # so that a player can begin anywhere
INK, GROUND = (228, 226, 221), (17, 19, 24)


def film_still(path: Path, target: Path, title: str) -> None:
    """Write the sound as a normalised MP4, with a titled still as its picture."""
    with (
        SoundFile(path) as file,
        av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        picture = h264_stream(output, STILL_SIZE)
        sound, still, shown_ms = EvenSound(file, output), _still(title), 0
        for packet in file.packets():
            sound.feed(packet)
            while shown_ms <= file.end_ms:
                output.mux(picture.encode(_frame_at(still, shown_ms)))
                shown_ms += STILL_EVERY_MS
        output.mux(picture.encode(None))
        sound.finish(file.end_ms)


def _frame_at(still: VideoFrame, t_ms: int) -> VideoFrame:
    frame = VideoFrame.from_ndarray(still.to_ndarray(format="rgb24"), format="rgb24").reformat(
        format="yuv420p"
    )
    frame.pts, frame.time_base = t_ms * PICTURE_CLOCK_HZ // 1000, PICTURE_CLOCK
    return frame


def _still(title: str) -> VideoFrame:
    """A still with the title, and a note that there is no picture.

    OpenCV's own font has only ASCII letters.
    """
    width, height = STILL_SIZE
    canvas = np.full((height, width, 3), GROUND, np.uint8)
    for words, size, y in (
        (title[:40], 0.9, height // 2),
        ("Sound only: there is no picture", 0.6, height // 2 + 40),
    ):
        letters = words.encode("ascii", "replace").decode()
        cv2.putText(canvas, letters, (32, y), cv2.FONT_HERSHEY_SIMPLEX, size, INK, 1, cv2.LINE_AA)
    return VideoFrame.from_ndarray(canvas, format="rgb24")
