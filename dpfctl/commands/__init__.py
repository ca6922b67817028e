"""One file per verb: flags in, one call per step, a value out.

Nothing here decides anything about DPF. Imports that cost time (the Kubernetes client, YAML, the
chapters) stand inside the functions, because ``--help`` and completion answer without them.
"""
