"""Fixtures of every folder; those that start API servers: ``tests.controlplane.fixtures``."""

import signal

pytest_plugins = ["tests.controlplane.fixtures", "tests.golden"]

# A shell that starts us in the background lets us ignore Ctrl-C, and whatever we start inherits it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
