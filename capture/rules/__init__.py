"""Turns measurements into flags: `find_flags`, a pure function of measurements and thresholds.

Knows numbers and times. Opens no files, pictures or sound.
"""

from capture.rules.flags import RULE_NAMES, find_flags, rule_name
from capture.rules.thresholds import RULES, RULES_VERSION, Rules

__all__ = ["RULES", "RULES_VERSION", "RULE_NAMES", "Rules", "find_flags", "rule_name"]
