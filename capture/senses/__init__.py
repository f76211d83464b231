"""What is measured in pictures and sound: faces, head, eyes, blinks, mouth, voice, quality. `hub` joins them.

Knows neither files nor rules. Brings OpenCV and MediaPipe along, so only those who measure import it.
"""
