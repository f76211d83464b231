"""Media files that strangers sent: their container, their claims, their pictures and their sound.

Knows bytes, limits and clocks, but nothing of faces, rules or interviews. Only `signature` needs no
media library.
"""
