"""A real Kubernetes control plane for tests, without containers.

etcd, kube-apiserver and, where pods must run, kube-controller-manager, kube-scheduler and simulated
kubelets (kwok), as plain processes on loopback. Tests reach it through the fixtures of
``tests.controlplane.fixtures``; see README.md beside this file.
"""
