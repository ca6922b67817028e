"""The process: arguments and a real session in, an exit code out.

``run`` is the only place where a failure becomes text and a number.
"""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from dpfctl.errors import DEBUG, DpfctlError, ExitCode, InputError, TerminatedError
from dpfctl.signals import release

if TYPE_CHECKING:
    import typer

    from dpfctl.session import Session


def run(args: Sequence[str], session: "Session", *, program: str = "dpfctl") -> int:
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
    except DpfctlError as failure:
        return _report(failure, session)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except TerminatedError:
        return ExitCode.TERMINATED
    except BrokenPipeError:
        _drop_output()
        return ExitCode.READER_GONE
    except OSError as failure:
        _drop_output()
        return _report(_as_output_error(failure), session)
    except Exception as bug:  # the last line of defence: no traceback reaches a user
        return _report_bug(bug, session)
    finally:
        release()
    return code


def main() -> NoReturn:
    """Run the command line of this process and end it."""
    # Most of a short run is loading modules: whoever interrupts that sees no traceback either.
    is_heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heeded:
        signal.signal(signal.SIGINT, lambda *_: os._exit(ExitCode.INTERRUPTED))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(ExitCode.TERMINATED))
    # A fleet is millions of small values that all live to the end: looking for garbage among them
    # every 700 takes a quarter of the time, every 100,000 still a tenth.
    gc.set_threshold(1_000_000, 20, 50)
    session = _open_session()
    is_plugin = Path(sys.argv[0]).name == "kubectl-dpf"
    if is_heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _on_terminate)
    code = run(sys.argv[1:], session, program="kubectl dpf" if is_plugin else "dpfctl")
    _flush_and_exit(code)


def _open_session() -> "Session":
    from dpfctl.commands.completion import VARIABLE, prepare_answers
    from dpfctl.session import real_session
    from dpfctl.streams import open_streams

    open_streams()
    if os.environ.get(VARIABLE):
        prepare_answers()
    return real_session(os.environ)


def _invoke(args: Sequence[str], session: "Session", program: str) -> int:
    import typer
    from typer.main import get_command

    from dpfctl.cli import app
    from dpfctl.commands.argv import normalise
    from dpfctl.commands.completion import VARIABLE

    if session.environ.get(VARIABLE):
        app(prog_name=program, complete_var=VARIABLE, obj=session)
    # What Typer's own main adds would turn a reader that left into exit code 1.
    command = get_command(app)
    try:
        with command.make_context(program, normalise(args), obj=session) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except typer.TyperException as failure:
        raise _as_ours(failure) from failure
    return ExitCode.OK


def _on_terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise TerminatedError


def _as_ours(failure: "typer.TyperException") -> DpfctlError:
    """Turn what Typer says about a command line into an error of our form."""
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


def _report(failure: DpfctlError, session: "Session") -> int:
    from dpfctl.render.text import clean

    session.err.write(f"error: {clean(failure.message)}\n")
    if failure.hint:
        session.err.write(f"hint: {clean(failure.hint)}\n")
    if session.environ.get(DEBUG) == "1":
        raise failure
    return failure.exit_code


def _report_bug(bug: Exception, session: "Session") -> int:
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
