"""Observations as columns: one array per quantity, NaN where we did not measure it.

So rules can look at an hour in a few steps. A comparison with NaN is false, so a quantity that we
did not measure raises no flag. This module knows only the names and the order of quantities.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from capture.types import Observation

Column = NDArray[np.float64]
Seen = NDArray[np.bool_]  # for each row, whether something was seen in it


@dataclass(frozen=True)
class Columns:
    """The quantities, with the units and signs of `Observation`. `frozen` is 0 or 1."""

    t_ms: NDArray[np.int64]
    count: Column
    yaw_deg: Column
    pitch_deg: Column
    roll_deg: Column
    gaze_x: Column
    openness: Column
    level_dbfs: Column
    speech: Column
    mouth_open: Column
    brightness: Column
    sharpness: Column
    face_px: Column
    frozen: Column

    @classmethod
    def of(cls, observations: Sequence[Observation]) -> Self:
        values = list(chain.from_iterable(map(_values, observations)))
        table = np.array(values, dtype=np.float64).reshape(-1, len(NAMES))
        t_ms, *others = table.T
        return cls(t_ms.astype(np.int64), *others)

    def part(self, rows: Any) -> Self:
        """The rows of a slice or of a mask."""
        return type(self)(*(getattr(self, name)[rows] for name in NAMES))

    def __len__(self) -> int:
        return len(self.t_ms)


NAMES = tuple(field.name for field in fields(Columns))
_values = attrgetter(*NAMES)
