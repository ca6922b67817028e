"""The way in and out: the only room that opens connections and fleet files.

``dpfctl.model.cluster.Cluster`` is what it gives to the others. Nothing here decides anything about
DPF, and nothing here prints.
"""
