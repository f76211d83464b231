"""The sentence of each finding, in English.

A sentence is a template with named numbers, so that a program can translate it and write the
numbers in the way of another language. This package knows no other language.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from capture.types import Finding, Flag

SENTENCES = {
    Finding.GAP_DAMAGED: (
        "The system has no measurements (the file is damaged) for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
    Finding.GAP_INTERRUPTED: (
        "The system has no measurements (the recording was interrupted) for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
    Finding.GAP_NOT_MEASURED: (
        "The system has no measurements (no picture could be measured) for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
    Finding.PAGE_HIDDEN: (
        "The page reported being out of view for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.FOCUS_LOST: (
        "The page reported that another window had the focus for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
    Finding.FULLSCREEN_LEFT: "The page reported that full screen was left.",
    Finding.SECOND_DISPLAY: "The page reported a second display.",
    Finding.PASTE: "The page reported that something was pasted; what it was is not kept.",
    Finding.NO_FACE: "No face was seen for %(measured)s s (rule: %(limit)s s or longer).",
    Finding.SEVERAL_FACES: (
        "Two or more faces were seen for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.HEAD_LEFT: (
        "The head was turned to the picture's left by up to %(angle)s° "
        "(rule: %(angle_limit)s° or more) for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.HEAD_RIGHT: (
        "The head was turned to the picture's right by up to %(angle)s° "
        "(rule: %(angle_limit)s° or more) for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.HEAD_LOWERED: (
        "The head was lowered by up to %(angle)s° (rule: %(angle_limit)s° or more) "
        "for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.HEAD_RAISED: (
        "The head was raised by up to %(angle)s° (rule: %(angle_limit)s° or more) "
        "for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.EYES_ASIDE: (
        "The eyes looked aside by %(angle_limit)s° or more while the head stayed "
        "for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.OTHER_VOICE: (
        "Somebody spoke while the visible mouth rested for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
    Finding.MOUTH_WITHOUT_SOUND: (
        "The mouth moved as in speech, but no sound came for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
    Finding.MICROPHONE_SILENT: (
        "The microphone delivered nothing for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.NO_SOUND_TRACK: (
        "No sound was recorded for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.SOUND_LOST: (
        "No sound reached the system for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.PICTURE_COVERED: (
        "The picture was dark or covered for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.PICTURE_STILL: (
        "The picture did not change for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.PICTURE_SLOW: (
        "The picture came less than three times a second for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
    Finding.NO_PICTURE: (
        "There was sound and no picture for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.PICTURE_UNCLEAR: (
        "The picture was too dark or blurred to tell whether a face was there "
        "for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.PICTURE_POOR: (
        "It was too dark, too far away or too little of a face to tell whether one was there "
        "for %(measured)s s (rule: %(limit)s s or longer)."
    ),
    Finding.FACE_UNCLEAR: (
        "The face was too small, dark, blurred or turned to be measured for %(measured)s s "
        "(rule: %(limit)s s or longer)."
    ),
}


class Numbers(Protocol):
    """A flag's numbers, here or in a database."""

    @property
    def measured(self) -> float: ...
    @property
    def threshold(self) -> float: ...
    @property
    def unit(self) -> str: ...
    @property
    def angle_deg(self) -> float | None: ...
    @property
    def angle_limit_deg(self) -> float | None: ...


@dataclass(frozen=True)
class Number:
    """A number of a sentence, and how many decimals a reader needs."""

    value: float
    decimals: int


def numbers_of(flag: Numbers) -> dict[str, Number]:
    """The numbers of a flag, by their names in the sentence: seconds and whole degrees."""
    numbers = {}
    if flag.unit == "ms":
        numbers["measured"] = Number(flag.measured / 1000, 1)
        numbers["limit"] = Number(flag.threshold / 1000, 1)
    if flag.angle_deg is not None:
        numbers["angle"] = Number(flag.angle_deg, 0)
    if flag.angle_limit_deg is not None:
        numbers["angle_limit"] = Number(flag.angle_limit_deg, 0)
    return numbers


def with_reason(flag: Flag, finding: Finding) -> Flag:
    """The flag with its finding, and with the English sentence for the telemetry file."""
    written = {
        name: f"{number.value:.{number.decimals}f}" for name, number in numbers_of(flag).items()
    }
    return replace(flag, finding=finding, reason=SENTENCES[finding] % written)
