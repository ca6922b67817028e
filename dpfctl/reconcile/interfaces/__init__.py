"""Interfaces of a service: claimed in the host cluster, told to the chart as networks."""
