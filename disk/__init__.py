"""Files and their disk: atomic writes, hashes and free space.

This package knows neither recordings nor people, so the capture engine and the portal can both use
it. It imports no other code of ours.
"""
