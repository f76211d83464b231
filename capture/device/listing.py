"""Lists this machine's cameras and microphones, and finds one by its name or number.

Does not open them: `capture.device.camera` and `capture.device.microphone` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from capture.errors import DeviceMissing

# where Linux lists cameras; on other systems we know only numbers
VIDEO_CLASS = Path("/sys/class/video4linux")
NO_MICROPHONE = "none"  # a person chose to record without sound


@dataclass(frozen=True)
class CameraInfo:
    """A camera by its number, or a video file that plays one."""

    source: int | Path
    name: str

    @property
    def is_file(self) -> bool:
        return isinstance(self.source, Path)

    @property
    def is_there(self) -> bool:
        """Whether the device is still plugged in, as far as we can tell without opening it."""
        if isinstance(self.source, Path):
            return self.source.is_file()
        return not VIDEO_CLASS.is_dir() or (VIDEO_CLASS / f"video{self.source}").exists()


@dataclass(frozen=True)
class MicrophoneInfo:
    """A microphone by PortAudio's number."""

    number: int
    name: str
    channels: int
    is_default: bool


def cameras(video_class: Path = VIDEO_CLASS) -> list[CameraInfo]:
    """All cameras by number. A camera has several entries, and only the first gives pictures."""
    entries = [
        path for path in video_class.glob("video*") if path.name.removeprefix("video").isdigit()
    ]
    numbered = sorted((int(path.name.removeprefix("video")), path) for path in entries)
    return [
        CameraInfo(number, _read_line(path / "name"))
        for number, path in numbered
        if _read_line(path / "index") in ("", "0")
    ]


def find_camera(choice: str, video_class: Path = VIDEO_CLASS) -> CameraInfo:
    """Find a camera by its number, a part of its name, or a video file's path.

    Without a choice, the first camera.
    """
    known = cameras(video_class)
    path = Path(choice)
    if path.name.startswith("video") and path.parent == Path("/dev"):
        choice = path.name.removeprefix("video")
    if choice.isdigit():
        return next(
            (camera for camera in known if camera.source == int(choice)),
            CameraInfo(int(choice), "camera"),
        )
    if choice and path.is_file():
        return CameraInfo(path.resolve(), path.name)
    for camera in known:
        if choice.casefold() in camera.name.casefold():
            return camera
    if choice:
        raise DeviceMissing(
            f"there is no camera (and no video file) {choice!r}; {_choices_text(known)}"
        )
    raise DeviceMissing("no camera was found; connect one, or name a video file")


def microphones() -> list[MicrophoneInfo]:
    """All microphones by number. Raises DeviceMissing if this machine cannot record sound."""
    sounddevice = portaudio()
    default = sounddevice.default.device[0]
    return [
        MicrophoneInfo(number, device["name"], device["max_input_channels"], number == default)
        for number, device in enumerate(sounddevice.query_devices())
        if device["max_input_channels"] > 0
    ]


def find_microphone(choice: str) -> MicrophoneInfo:
    """Find a microphone by its number or a part of its name. Without a choice: the default one."""
    known = microphones()
    if not known:
        raise DeviceMissing("no microphone was found; connect one and check that it is switched on")
    if not choice:
        return next((microphone for microphone in known if microphone.is_default), known[0])
    exact = [
        microphone for microphone in known if choice in (str(microphone.number), microphone.name)
    ]
    partly = [microphone for microphone in known if choice.casefold() in microphone.name.casefold()]
    if not exact and not partly:
        raise DeviceMissing(f"there is no microphone {choice!r}; {_choices_text(known)}")
    return (exact or partly)[0]


def portaudio() -> ModuleType:
    """The `sounddevice` module. We import it late, because it needs a library of the system."""
    try:
        import sounddevice
    except OSError as exc:
        raise DeviceMissing("sound needs PortAudio; install it (Debian: libportaudio2)") from exc
    return sounddevice  # type: ignore[no-any-return]


def look_again() -> None:
    """Look for microphones again, because PortAudio does so only once. None may be open."""
    sounddevice = portaudio()
    sounddevice._terminate()
    sounddevice._initialize()


def _read_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _choices_text(known: list[CameraInfo] | list[MicrophoneInfo]) -> str:
    names = ", ".join(repr(device.name) for device in known)
    return f"there are: {names}" if names else "none was found"
