"""The status of a DPUService: its conditions, its service ID, its published ports."""
