"""Files and the disk they lie on: writing a file whole or not at all, hashing it, asking what room
is left.

Neutral: knows neither recordings nor people, so the engine and the portal may both use it. Imports
nothing of ours.
"""
