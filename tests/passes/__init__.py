"""``dpfctl reconcile --once`` on real API servers, one test or more per case of DPF's behaviour.

Argo CD is not there: the tests write what it would write into Applications, and let them go.
"""
