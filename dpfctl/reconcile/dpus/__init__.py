"""Operational conditions of DPUs: what runs on each, and whether it is well."""
