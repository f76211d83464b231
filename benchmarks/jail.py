"""A jail: a process gives up new rights, files, the network and other programs.

It does so before it opens a stranger's recording. Linux lets every process do this to itself: it
needs no root and no namespaces. Landlock needs Linux 5.13; without it, the other limits still hold.
`jailed.py` measures the cost, and docs/security.md says how measuring will use it.
"""

import ctypes
import errno
import os
import platform
import resource
import socket
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2  # prctl
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
# The number of file rights by the version of Landlock. From 4 on it can refuse TCP, from 6 on
# signals to other processes.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
TCP, SCOPES = 0b11, 0b11
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
WRITE = 1 << 1 | 1 << 5 | 1 << 8  # write to a file, remove one, make one
TRUNCATE = 1 << 14  # from version 3 on

# Decoding needs none of these: other programs, sockets, other processes, mounts, keys, the kernel.
REFUSED = {
    "x86_64": {
        "socket": 41, "socketpair": 53, "connect": 42, "bind": 49, "listen": 50, "execve": 59, "execveat": 322,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434, "pidfd_getfd": 438,
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "bpf": 321,
        "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250, "add_key": 248, "request_key": 249,
        "io_uring_setup": 425, "open_by_handle_at": 304, "kexec_load": 246, "init_module": 175, "finit_module": 313,
    },
    "aarch64": {
        "socket": 198, "socketpair": 199, "connect": 203, "bind": 200, "listen": 201, "execve": 221, "execveat": 281,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_open": 434, "pidfd_getfd": 438,
        "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268, "bpf": 280,
        "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219, "add_key": 217, "request_key": 218,
        "io_uring_setup": 425, "open_by_handle_at": 265, "kexec_load": 104, "init_module": 105, "finit_module": 273,
    },
}  # fmt: skip
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of the kernel's filter language
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # refused: EPERM
X32 = 0x40000000  # another table of system calls on the same machine

PROJECT_FOLDER = Path(__file__).resolve().parent.parent

libc = ctypes.CDLL(None, use_errno=True)


def enter(readable: Iterable[Path], writable: Path | None = None) -> None:
    """Limit this process: it can read only these, write to at most one folder, and open no socket.

    It can start no program either.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if writable is None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _prctl(NO_NEW_PRIVILEGES, 1)
    _shut_files(readable, writable)
    _refuse_calls()


def landlock_version() -> int:
    """The version of Landlock, or 0 if this machine has none."""
    return max(0, int(libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


def what_is_refused() -> dict[str, str]:
    """The result of each thing that code of an attacker would try in this process."""
    tries: dict[str, Callable[[], object]] = {
        "read the settings": lambda: os.open(PROJECT_FOLDER / ".env.example", os.O_RDONLY),
        "read a file of the system": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "write a file": lambda: os.open(PROJECT_FOLDER / "jailed", os.O_WRONLY | os.O_CREAT),
        "open a socket": lambda: socket.socket(),
        "start a program": lambda: os.execv("/bin/true", ["true"]),
        "signal the parent": lambda: os.kill(os.getppid(), 0),
    }
    return {name: _outcome(attempt) for name, attempt in tries.items()}


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "ALLOWED"


def _prctl(option: int, value: int, pointer: object = None) -> None:
    if libc.prctl(option, value, pointer or 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _shut_files(readable: Iterable[Path], writable: Path | None) -> None:
    if not (version := landlock_version()):
        return
    rights = (1 << FILE_RIGHTS.get(version, 16)) - 1
    wanted = struct.pack("QQQ", rights, TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = libc.syscall(LANDLOCK_CREATE, wanted, ctypes.c_size_t(size), 0)
    for path in readable:
        _allow(rules, path, READ_FILE | (READ_FOLDER if path.is_dir() else 0))
    if writable:
        _allow(rules, writable, READ_FILE | READ_FOLDER | WRITE | (TRUNCATE if version >= 3 else 0))
    if libc.syscall(LANDLOCK_RESTRICT, rules, 0) != 0:
        raise OSError(ctypes.get_errno(), "landlock")
    os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    handle = os.open(path, os.O_PATH)
    if libc.syscall(LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights, handle), 0) != 0:
        raise OSError(ctypes.get_errno(), f"landlock: {path}")
    os.close(handle)


def _refuse_calls() -> None:
    machine = platform.machine()
    numbers = sorted(REFUSED[machine].values())
    steps = [
        (LOAD, 0, 0, 4),
        (JUMP_EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),
    ]
    steps += [(JUMP_AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL)]
    for number in numbers:
        steps += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    steps.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    _prctl(SET_SECCOMP, FILTER, program)
