"""The process: arguments and a real session in, an exit code out.

``run`` is the only place where a failure becomes text and a number.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer

from dpfctl.commands.argv import normalise
from dpfctl.commands.completion import VARIABLE, prepare_answers
from dpfctl.errors import DpfctlError, ExitCode, InputError
from dpfctl.session import Session, real_session

DEBUG = "DPFCTL_DEBUG"


def run(args: Sequence[str], session: Session, *, program: str = "dpfctl") -> int:
    """Run one command line.

    Args:
        args: Words behind the program's name.
        session: The outside world.
        program: What usage lines call us.

    Returns:
        The exit code. Nothing is raised but ``SystemExit`` of shell completion.
    """
    try:
        code = _invoke(args, session, program)
        session.out.flush()
    except (DpfctlError, typer.TyperException) as failure:
        return _report(_as_ours(failure), session)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except _TerminatedError:
        return ExitCode.TERMINATED
    except BrokenPipeError:
        _drop_output()
        return ExitCode.READER_GONE
    except OSError as failure:
        _drop_output()
        return _report(_as_output_error(failure), session)
    except Exception as bug:  # the last line of defence: no traceback reaches a user
        return _report_bug(bug, session)
    return code


def main() -> NoReturn:
    """Run the command line of this process and end it."""
    signal.signal(signal.SIGTERM, _on_terminate)
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if VARIABLE in os.environ:
        prepare_answers()
    is_plugin = Path(sys.argv[0]).name == "kubectl-dpf"
    code = run(
        sys.argv[1:], real_session(os.environ), program="kubectl dpf" if is_plugin else "dpfctl"
    )
    _flush_and_exit(code)


def _replace_closed_streams() -> None:
    """Stand in for streams that the caller closed and Python leaves out.

    They are opened in the order of their numbers, so that no other file gets one of these.
    """
    nothing = Path(os.devnull)
    sys.stdin = sys.stdin or nothing.open()
    sys.stdout = sys.stdout or nothing.open()  # for reading: to write fails, as it should
    sys.stderr = sys.stderr or nothing.open("w")


def _invoke(args: Sequence[str], session: Session, program: str) -> int:
    from typer.main import get_command

    from dpfctl.cli import app

    if VARIABLE in session.environ:
        app(prog_name=program, complete_var=VARIABLE, obj=session)
    # What Typer's own main adds would turn a reader that left into exit code 1.
    command = get_command(app)
    try:
        with command.make_context(program, normalise(args), obj=session) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return ExitCode.OK


class _TerminatedError(BaseException):
    """SIGTERM arrived."""


def _on_terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _TerminatedError


def _as_ours(failure: DpfctlError | typer.TyperException) -> DpfctlError:
    """Turn what Typer says about a command line into an error of our form."""
    if isinstance(failure, DpfctlError):
        return failure
    text, _, guess = failure.format_message().partition(" Did you mean ")
    where = getattr(getattr(failure, "ctx", None), "command_path", "dpfctl")
    hint = f"did you mean {guess}" if guess else f"see `{where} --help`"
    near = getattr(failure, "possibilities", None) or ()  # the nearest first
    flag = getattr(failure, "option_name", None)
    if flag and type(failure).__name__ == "NoSuchOption":
        return InputError(f"unknown flag: {flag}", f"did you mean {near[0]}?" if near else hint)
    return InputError(text[:1].lower() + text[1:].rstrip("."), hint)


def _as_output_error(failure: OSError) -> DpfctlError:
    """A file or stream that failed; cluster rooms have translated their own failures before."""
    return DpfctlError(f"{failure.filename or 'stdout'}: {failure.strerror or failure}")


def _report(failure: DpfctlError, session: Session) -> int:
    from dpfctl.render.text import clean

    session.err.write(f"error: {clean(failure.message)}\n")
    if failure.hint:
        session.err.write(f"hint: {clean(failure.hint)}\n")
    if session.environ.get(DEBUG) == "1":
        raise failure
    return failure.exit_code


def _report_bug(bug: Exception, session: Session) -> int:
    if session.environ.get(DEBUG) == "1":
        raise bug
    from dpfctl.render.text import clean

    session.err.write(f"error: {type(bug).__name__}: {clean(str(bug))}\n")
    session.err.write(f"hint: this is a bug in dpfctl; run again with {DEBUG}=1 and report it\n")
    return ExitCode.FAILED


def _drop_output() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush_and_exit(code: int) -> NoReturn:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    # Threads that wait for a silent server must not keep a finished command alive.
    os._exit(code)


if __name__ == "__main__":
    main()
