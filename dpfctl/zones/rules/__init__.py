"""What must be true of zones, one module per thing that is looked at.

Each rule is a function of the state after applying and one zone, and yields what is wrong. Whether
a finding is an error or a warning follows from what happens at run time: an error stops traffic or
another zone, a warning may be meant.

Source:
    The numbered rules are listed in ``docs/reference/zone.md`` with what DPF does where one is
    broken.
"""
