"""One page and one picture of a whole interview, drawn from its telemetry alone."""
