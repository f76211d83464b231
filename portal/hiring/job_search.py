"""The search on the job board: from a URL to SQL, and back to a URL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import MultiDict

from portal import access
from portal.extensions import db
from portal.models import EmploymentType, Job, JobStatus, Workplace
from portal.text_search import mentions

QUERY_MAX_CHARS = 100
PUBLIC = (JobStatus.OPEN, JobStatus.CLOSED)  # visitors do not see drafts

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class JobSearch:
    """What a visitor looks for. Parameters of the URL that are not our filters are ignored."""

    text: str = ""
    workplaces: tuple[Workplace, ...] = ()
    types: tuple[EmploymentType, ...] = ()
    status: JobStatus = JobStatus.OPEN

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> "JobSearch":
        status = _choices(JobStatus, args.getlist("status")[:1])
        return cls(
            text=" ".join(args.get("q", "").replace("\0", "")[:QUERY_MAX_CHARS].split()),
            workplaces=_choices(Workplace, args.getlist("workplace")),
            types=_choices(EmploymentType, args.getlist("type")),
            status=status[0] if status and status[0] in PUBLIC else JobStatus.OPEN,
        )

    @property
    def is_filtered(self) -> bool:
        return self != JobSearch()

    def select(self, viewer: access.Viewer) -> sa.Select[tuple[Job]]:
        """The jobs, newest first, with their questions."""
        newest_first = access.visible(sa.select(Job), viewer).order_by(
            Job.published_at.desc(), Job.id
        )
        return newest_first.where(*self._conditions()).options(selectinload(Job.questions))

    def counts(self, viewer: access.Viewer) -> dict[str, int]:
        """How many jobs each choice of a filter would show, with the other filters unchanged."""
        groups = (
            (Job.workplace, replace(self, workplaces=())),
            (Job.employment_type, replace(self, types=())),
        )
        found: dict[str, int] = {}
        for column, search in groups:
            counted = access.visible(sa.select(column, sa.func.count()), viewer)
            rows = db.session.execute(counted.where(*search._conditions()).group_by(column))
            found |= {value.value: count for value, count in rows}
        for status in PUBLIC:
            conditions = replace(self, status=status)._conditions()
            jobs = access.visible(sa.select(Job.id), viewer).where(*conditions)
            found[status.value] = access.count(jobs)
        return found

    def as_args(self) -> Mapping[str, Any]:
        """The arguments for `url_for`: only those that differ from an empty search."""
        return {
            "q": self.text or None,
            "workplace": [choice.value for choice in self.workplaces] or None,
            "type": [choice.value for choice in self.types] or None,
            "status": self.status.value if self.status is not JobStatus.OPEN else None,
        }

    def _conditions(self) -> list[sa.ColumnElement[bool]]:
        conditions = [Job.status == self.status]
        if self.workplaces:
            conditions.append(Job.workplace.in_(self.workplaces))
        if self.types:
            conditions.append(Job.employment_type.in_(self.types))
        return conditions + mentions(self.text, Job.title, Job.description, Job.location)


def _choices(enum: type[Choice], names: list[str]) -> tuple[Choice, ...]:
    return tuple(choice for choice in enum if choice.value in names)
