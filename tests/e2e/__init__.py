"""The whole system: real Helm, real charts and registries, pods that run on simulated nodes."""
