"""Fragments' heads that are written twice, as GStreamer's muxer does at the end of a recording."""

import io
import threading
from contextlib import closing
from pathlib import Path

import pytest
from clips import make_clip
from media_boxes import box, boxes

from capture.media.container import Media, probe, sounds
from capture.media.fragments import FragmentPairs
from capture.media.growing_file import GrowingFile


def heads_twice(data: bytes, *numbers: int) -> bytes:
    """The MP4 with these fragments' heads (−1: the last one) written twice."""
    parts = [box(*one) for one in boxes(data)]
    heads = [place for place, part in enumerate(parts) if part[4:8] == b"moof"]
    for place in sorted((heads[number] for number in numbers), reverse=True):
        parts.insert(place, parts[place])
    return b"".join(parts)


def what_comes_out(source: Path | GrowingFile) -> tuple[int, int]:
    """How many pictures, and how many samples of sound."""
    with Media(source, "mp4") as media:
        assert media.audio
        shown, heard = 0, 0
        for packet in media.packets():
            if packet.stream_index == media.video.index:
                shown += len(media.pictures(packet))
            else:
                heard += sum(frame.samples for frame in sounds(packet))
        return shown, heard


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 4)


@pytest.mark.parametrize("numbers", [(-1,), (-2,), (-3, -2, -1), (0,)])
def test_a_head_that_is_written_twice_costs_no_picture_and_no_sound(
    clip: Path, tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    twice = tmp_path / "twice.mp4"
    twice.write_bytes(heads_twice(clip.read_bytes(), *numbers))
    assert what_comes_out(twice) == what_comes_out(clip)
    assert probe(twice) == probe(clip)


def test_nor_does_it_while_the_file_grows(clip: Path, tmp_path: Path) -> None:
    growing, data, is_done = (
        tmp_path / "growing.mp4",
        heads_twice(clip.read_bytes(), -2, -1),
        threading.Event(),
    )
    growing.touch()

    def record() -> None:
        for at in range(0, len(data), 5_003):
            with growing.open("ab") as file:
                file.write(data[at : at + 5_003])
        is_done.set()

    recorder = threading.Thread(target=record)
    recorder.start()
    with closing(GrowingFile(growing, is_done.is_set)) as source:
        assert what_comes_out(source) == what_comes_out(clip)
    recorder.join()


@pytest.mark.parametrize("step", [1, 7, 16, 4_096, 1 << 20])
def test_only_the_names_of_such_heads_are_changed(clip: Path, step: int) -> None:
    data = heads_twice(clip.read_bytes(), -2)
    pairs, stream, given = FragmentPairs(), io.BytesIO(data), b""
    while piece := stream.read(step):
        given += pairs.feed(piece)
    given += pairs.flush()
    changed = [at for at in range(len(data)) if data[at] != given[at]]
    assert len(given) == len(data)
    assert len(changed) == 4
    assert given[changed[0] : changed[0] + 4] == b"free"


@pytest.mark.parametrize(
    "tail",
    [b"", b"\0", b"\0\0\0\x08free", b"\0\0\0\0mdat1234", b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x101"],
)
def test_whatever_stands_at_the_end_is_passed_on(clip: Path, tail: bytes) -> None:
    data, pairs = clip.read_bytes() + tail, FragmentPairs()
    assert pairs.feed(data) + pairs.flush() == data
