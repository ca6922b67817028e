"""Argo CD's Applications: which a DPUService is to have, how they change, how they are."""
