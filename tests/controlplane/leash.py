"""Run a program that dies with its parent (Linux).

``python leash.py PARENT_PID PROGRAM [ARGUMENT...]`` asks the kernel to kill this process when the
parent ends, however it ends, and then becomes the program. Run as a script so that nothing has to
happen between fork and exec, which is not safe in a process with threads.
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
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
