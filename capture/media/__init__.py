"""Files that strangers sent: which container they are, what they claim, and the pictures and sound
inside them.

Knows bytes, limits and clocks; nothing of faces, rules or interviews. Only `signature` needs no
media library.
"""
