"""This machine's own camera and microphone: lists and records them, and the process that owns them.

Web processes import only `client`. The other modules import OpenCV, PyAV and PortAudio.
"""
