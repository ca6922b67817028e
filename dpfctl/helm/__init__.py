"""The one room that starts the helm binary: charts are fetched, releases made and removed.

Helm runs as a program of its own, so that a crash, a hang or a leak stays in it. Each process sees
as little as it needs: the one that fetches a chart sees the repository's login and no kubeconfig,
the one that installs it sees the kubeconfig and no login. Secrets travel by pipes and by files in
memory, never by arguments or variables, which other users of the machine can read.

Whether anything is to be done at all is decided without Helm, by ``dpfctl.model.release_states``;
whether pods are ready is not asked here either.
"""
