"""The one-field plans: suspend, resume and mark-critical of DPUServices.

Each planner takes the objects as they were read and returns a ``Plan``; each ``replan`` makes the
same decision again for one object that has moved. Only the DPUService is changed: what follows from
it is the controller's work, or that of ``reconcile --once``. Nothing here reads or writes.
"""
