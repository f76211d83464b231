"""This machine's own camera and microphone: listing them, recording them, and the one process that
owns them.

Web processes import `client` only; the other modules bring OpenCV, PyAV and PortAudio along.
"""
