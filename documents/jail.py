"""What a process may use up while it looks at a stranger's file: seconds, memory, and nothing to
open.

Limits of the operating system, so that no mistake of ours or of a library can go beyond them.
"""

import codecs
import resource

CPU_S = 5  # the slowest honest file takes about one
# of addresses; an interpreter with its libraries has 150 MB of them before it begins
MEMORY_BYTES = 1024 * 1024 * 1024
# A codec is loaded when it is first used, which is no longer possible once nothing can be opened.
CODECS = (
    "ascii",
    "latin-1",
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "cp437",
    "gbk",
    "charmap",
    "unicode-escape",
)


def enter() -> None:
    """From here on time and memory are limited. What goes beyond is ended by the system."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def shut() -> None:
    """From here on no file, socket or pipe can be opened, and so no program started."""
    for name in CODECS:
        codecs.lookup(name)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
