"""Values that every other room speaks in: kinds, resources, conditions, inventories.

No I/O, no clock, no drawing. A value made here is frozen; what came from an API server is kept as
the raw JSON it was, behind ``Resource``, so that fields this release has never heard of survive.
"""
