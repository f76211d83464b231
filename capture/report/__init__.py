"""Draws one page and one picture of a whole interview, from its telemetry alone."""
