"""Runs security scanners against a portal on this machine."""
