"""The processes that do background work, with their last heartbeats."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.choices import WorkerKind
from portal.models.columns import UtcDateTime, one_of


class WorkerBeat(db.Model):
    """One process that looks for work, and the time of its last heartbeat."""

    __tablename__ = "worker_beats"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[WorkerKind] = mapped_column(one_of(WorkerKind))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # number of running tasks; the column keeps its old name
    tasks: Mapped[int] = mapped_column("jobs")
