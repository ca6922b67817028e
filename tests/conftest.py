"""Fixtures of every folder; those that start API servers: ``tests.controlplane.fixtures``."""

pytest_plugins = ["tests.controlplane.fixtures", "tests.golden"]
