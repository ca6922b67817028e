"""See and steer NVIDIA DOCA Platform Framework fleets from the command line."""

__version__ = "0.1.0"
