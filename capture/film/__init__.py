"""Makes one film of an interview: normalises the answers, and joins them with our own index.

Joining changes no packet. Knows packets and tracks, but nothing of measurements. Imports PyAV, so
only code that makes films imports it.
"""
