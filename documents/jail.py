"""The limits of a process that inspects a stranger's file: CPU time, memory, and no files to open.

The operating system enforces them, so a mistake of ours or of a library cannot exceed them.
"""

import codecs
import resource

CPU_S = 5  # the slowest ordinary file takes about one second
# of address space; an interpreter with its libraries takes 150 MB of it before it begins
MEMORY_BYTES = 1024 * 1024 * 1024
# Python loads a codec at its first use. That fails when the process can no longer open files.
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


def limit_resources() -> None:
    """Limit CPU time and memory. The system ends a process that exceeds a limit."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def forbid_opening() -> None:
    """Forbid this process to open files, sockets and pipes. So it cannot start a program either."""
    for name in CODECS:
        codecs.lookup(name)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
