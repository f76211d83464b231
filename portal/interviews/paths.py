"""Paths of interviews (folders, answers' files), face models, and the rules that are on."""

import uuid
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from capture.rules import Rules
from capture.store.recording import Recording
from portal.config import settings
from portal.models import InterviewSession

if TYPE_CHECKING:
    from capture.session import Models


def models() -> "Models":
    """The face models of this deployment."""
    # imports every decoder, so only processes that measure import it
    from capture.session import Models

    return Models(face=settings().face_model_path, face_detector=settings().crowd_model_path)


def rules() -> Rules:
    """The rules for flags, without those that this deployment switched off."""
    return Rules(off=settings().rules_off)


def engine() -> dict[str, str]:
    """For the telemetry: versions of engine, models and rules, and the rules switched off."""
    off = {"rules_off": " ".join(sorted(rules().off))} if rules().off else {}
    return models().engine() | off


def folder_of(interview_id: uuid.UUID) -> Recording:
    return Recording(settings().interviews_folder / str(interview_id))


def recording(interview: InterviewSession) -> Recording:
    return folder_of(interview.id)


class NamesFile(Protocol):
    """The columns that make the name of an answer's file: a whole row, or an `UploadTarget`."""

    @property
    def interview_id(self) -> uuid.UUID: ...
    @property
    def question_position(self) -> int: ...
    @property
    def take(self) -> int: ...
    @property
    def part(self) -> int: ...
    @property
    def container(self) -> str: ...


def answer_path(answer: NamesFile) -> Path:
    """The file with this answer's bytes."""
    names = answer.question_position, answer.take, answer.part, answer.container
    return _answer_path(settings().interviews_folder, answer.interview_id, *names)


@lru_cache(maxsize=1024)  # each candidate who records needs it every second
def _answer_path(
    folder: Path, interview_id: uuid.UUID, question: int, take: int, part: int, container: str
) -> Path:
    return Recording(folder / str(interview_id)).answer_path(question, take, part, container)
