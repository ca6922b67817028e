"""Run a program that gets SIGTERM when its parent dies (Linux).

``python leash.py PARENT_PID PROGRAM [ARGUMENT...]`` asks the kernel for that signal and then
becomes the program. A script of its own, since nothing may run between fork and exec in a process
that has threads. The kernel sends the signal when the *thread* that started the child ends.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become the command, on a leash.

    Args:
        parent: Process id that must still be the parent once the leash holds.
        command: Absolute path of the program and its arguments.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"Error: cannot be started: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
