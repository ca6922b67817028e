"""Ports of a service in a DPU cluster, published in the host cluster."""
