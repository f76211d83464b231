"""The mean shape of a face that looks straight ahead (canonical face model), from the model's file.

The file is a ZIP. One member describes the shape as a protobuf message. This module knows that
format and nothing of pictures.
"""

import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capture.errors import ModelMissing

# for each point a row of x (to the picture's right), y (up), z (to the camera), in cm
Shape = NDArray[np.float64]

MEMBER = "geometry_pipeline_metadata_landmarks.binarypb"
# the field of the shape in the metadata, and the field of the points in the shape
SHAPE_FIELD, POINTS_FIELD = (1, 3)
NUMBERS_A_POINT, POSITION = 5, slice(0, 3)  # the last two are coordinates in a texture
VARINT, SIZED, FOUR_BYTES = 0, 2, 5  # the protobuf wire types that occur here

Field = tuple[int, int, bytes]  # number, kind, value


@cache
def shape_of(model_path: Path) -> Shape:
    """All points of the shape, in the mesh's order."""
    try:
        with zipfile.ZipFile(model_path) as model:
            [shape] = [
                value for number, _, value in _fields(model.read(MEMBER)) if number == SHAPE_FIELD
            ]
        points = b"".join(
            value
            for number, kind, value in _fields(shape)
            if (number, kind) == (POINTS_FIELD, FOUR_BYTES)
        )
        return (
            np.frombuffer(points, "<f4")
            .reshape(-1, NUMBERS_A_POINT)[:, POSITION]
            .astype(np.float64)
        )
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise ModelMissing(
            f"{model_path.name} holds no shape of a face; run the set-up again"
        ) from error


def _fields(message: bytes) -> Iterator[Field]:
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        start = position
        if kind == VARINT:
            _, position = _varint(message, position)
        elif kind == SIZED:
            length, start = _varint(message, position)
            position = start + length
        elif kind == FOUR_BYTES:
            position = start + 4
        else:
            raise ValueError(f"a value of kind {kind}")
        yield number, kind, message[start:position]


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """The number and where it ends. Each byte contains seven of its bits, the lowest first."""
    value = shift = 0
    while True:
        byte = message[position]
        value, shift, position = value | (byte & 0x7F) << shift, shift + 7, position + 1
        if byte < 0x80:
            return value, position
