"""What is measured in pictures and sound: faces, head, eyes, blinks, mouth, voice, quality. `hub`
joins them.

Knows neither files nor rules. Brings OpenCV and MediaPipe along, so only those who measure import
it.
"""

VERSION = "0.3.0"  # whoever sees otherwise gets another one, so that nothing half measured is mixed
