"""What an API server does with a write, restated as pure functions, for fleets that live in files.

Schemas, rules, patches and field managers, as Kubernetes 1.36 understands them. Nothing here knows
of a file, and nothing of DPF but the rules of its CRDs.
"""
