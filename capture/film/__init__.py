"""Makes one film of an interview: answers in one form, joined without touching a packet, with an
index of our own.

Knows packets and tracks; nothing of what was measured. Brings PyAV along, so only those who need
films import it.
"""
