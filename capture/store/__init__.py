"""The stored files of one interview: its folder, its answers on one clock, and `telemetry.json`.

Opens no picture and no sound, and judges nothing.
"""
