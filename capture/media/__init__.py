"""Files that strangers sent: which container they are, what they claim, and the pictures and sound inside them.

Knows bytes, limits and clocks; nothing of faces, rules or interviews. `signature` needs no media library, the rest does.
"""
