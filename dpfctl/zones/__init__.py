"""Zones: subsets of DPUs with a DPUSet, services, interfaces and chains of their own.

DPF has no such kind. What makes a zone is one label on Nodes of DPU clusters, given by its DPUSet
and asked for by everything else, so one selector that was forgotten mixes two zones. The room reads
Zone documents and plain manifests (``reading``), puts them into the words of one cluster
(``adapting``), checks them against what is there (``lint``) and plans what is to be applied
(``planning``). It also finds the zones that are there (``listing``).

The room is pure: it asks no cluster and writes nothing.
"""
