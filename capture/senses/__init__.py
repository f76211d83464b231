"""Measures pictures and sound: faces, head, eyes, blinks, mouth, voice, quality. `hub` joins them.

Knows neither files nor rules. Imports OpenCV and MediaPipe, so only code that measures imports it.
"""

# Change it when a sense measures other values. Then we never continue an analysis of an older
# version.
VERSION = "0.3.0"
