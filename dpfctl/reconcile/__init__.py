"""One pass of the controllers' logic, planned: what DPF does in a loop, to be done once.

The rules are those of the controllers of DPF 26.x; where they differ,
``docs/reference/reconcile-differences.md`` says so. What a pass knows is a ``World``; ``steps`` are
what it does, in their order. ``deploy`` plans the first half for one service, ``follow`` what
follows from what runs on the DPUs then, ``passing`` puts both together; ``service_pass`` is one
service on its way. Each group of rules has a room:

    interfaces, values       what a chart is told about the networks and nodes of its service
    prerequisites            namespaces and pull secrets in the DPU clusters
    applications, releases   what deploys: Argo CD's Applications, or Helm's releases
    ports                    what is published in the host cluster
    hosts                    which hosts are ready for pods, and their taints
    dpus                     operational conditions
    status, results          what is said about all that: to the cluster, and to the user

``guards`` is what a pass does not do unless it is forced, ``foreseen`` and ``kept_plan`` are for
dry runs and plans in files, ``replanning`` is for lost races.

All of it is pure: inventories in, values out. It reads no cluster and writes nothing.
"""
