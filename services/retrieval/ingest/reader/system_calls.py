"""A filter of system calls (seccomp): what a process can still ask of the kernel.

The list names the calls that are allowed: those that an interpreter needs to compute and to read modules. It does not
allow starting processes or threads, sending signals, opening sockets, writing, changing or removing files, or looking
into other processes; nor any call of newer kernels.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_PR_SET_SECCOMP, _FILTER = 22, 2

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# By name, with the number on x86_64 and on aarch64; "-": the architecture has no such call.
_ALLOWED = """
    read:0:63 write:1:64 close:3:57 stat:4:- fstat:5:80 lstat:6:- lseek:8:62 mmap:9:222 mprotect:10:226
    munmap:11:215 brk:12:214 rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 pread64:17:67
    readv:19:65 writev:20:66 access:21:- sched_yield:24:124 mremap:25:216 madvise:28:233 nanosleep:35:101
    getpid:39:172 exit:60:93 uname:63:160 getcwd:79:17 readlink:89:- gettimeofday:96:169 getrlimit:97:163
    getrusage:98:165 sysinfo:99:179 times:100:153 getuid:102:174 getgid:104:176 geteuid:107:175 getegid:108:177
    getppid:110:173 sigaltstack:131:132 gettid:186:178 futex:202:98 sched_getaffinity:204:123 getdents64:217:61
    restart_syscall:219:128 clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115 exit_group:231:94
    newfstatat:262:79 readlinkat:267:78 faccessat:269:48 getrandom:318:278 statx:332:291 faccessat2:439:439
"""

_ONLY_TO_READ = (("open:2:-", 1), ("openat:257:56", 2))
"""With the place of their flags."""

_ONLY_ITSELF = ("tgkill:234:131", "prlimit64:302:261")
"""A signal to itself is how a process aborts; limits are asked for by libraries, of process 0."""


def is_known() -> bool:
    """Whether the kernel filters system calls, on an architecture whose calls are known here."""
    if sys.platform != "linux" or platform.machine() not in _ARCHITECTURES:
        return False
    # Without a filter to read, a kernel that has filters answers EFAULT.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_SECCOMP, _FILTER, None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


def refuse_others() -> None:
    """Refuse all other system calls from now on, with EPERM. OSError when that can't be.

    The process must have given up new privileges.
    """
    code = _program(*_ARCHITECTURES[platform.machine()], os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "system calls can't be filtered")


def _program(architecture: int, column: int, pid: int) -> bytes:
    code = [_step(_LOAD, _ARCHITECTURE), _step(_EQUAL, architecture, 1, 0), _step(_RETURN, _REFUSE)]
    code.append(_step(_LOAD, _NUMBER))
    for call in _ALLOWED.split():
        code += _rule(call, column, [_step(_RETURN, _ALLOW)])
    for call, place in _ONLY_TO_READ:
        check = [_argument(place), _step(_ANY_BIT, _WRITING, 0, 1), _step(_RETURN, _REFUSE), _step(_RETURN, _ALLOW)]
        code += _rule(call, column, check)
    for call, own in zip(_ONLY_ITSELF, (pid, 0), strict=True):
        check = [_argument(0), _step(_EQUAL, own, 0, 1), _step(_RETURN, _ALLOW), _step(_RETURN, _REFUSE)]
        code += _rule(call, column, check)
    return b"".join([*code, _step(_RETURN, _REFUSE)])


def _rule(call: str, column: int, then: list[bytes]) -> list[bytes]:
    number = call.split(":")[1 + column]
    return [] if number == "-" else [_step(_EQUAL, int(number), 0, len(then)), *then]


def _argument(place: int) -> bytes:
    # Its lower half; both architectures are little-endian. None that is asked about here has more.
    return _step(_LOAD, _ARGUMENTS + 8 * place)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
