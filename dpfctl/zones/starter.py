"""A Zone document to start from."""

from dpfctl.model.yaml_writer import write_yaml

_TEXT = """\
# A zone: DPUs of some hosts with services, interfaces and chains of their own. Each object is named
# with the suffix -{name}; `dpfctl zone render -f FILE` shows the manifests it stands for.
apiVersion: dpfctl/v1
kind: Zone
metadata:
  name: {shown}
  namespace: {namespace}
spec:
  # The label that ties the zone together, on its Nodes in the DPU cluster. Value: the zone's name.
  nodeLabel: {{key: example.com/zone}}

  # The hosts whose DPUs are the zone, by labels of their DPUNodes. No other DPUSet may select them.
  dpuNodeSelector:
    matchLabels: {{example.com/zone: {shown}}}

  # What the DPUs are provisioned with. Both must exist in the same namespace.
  bfb: bf-bundle
  flavor: dpu-flavor

  # OnDelete: a DPU is provisioned anew when its DPU object is deleted. RollingUpdate does it alone.
  strategy: {{type: OnDelete}}

  # What becomes of a host while its DPU is provisioned: one of taint, noEffect, drain, customLabel,
  # customAction, hold.
  nodeEffect: {{drain: true}}

  services:
  - name: doca-hbn
    chart:
      repoURL: https://helm.ngc.nvidia.com/nvidia/doca
      name: doca-hbn
      version: 1.0.1
    # HBN needs it, others rarely do. Leave it out before DPF 26.x, which has no such field.
    privileged: true
    # One nvidia.com/bf_sf per interface below.
    values:
      resources: {{memory: 6Gi, nvidia.com/bf_sf: 2}}
    interfaces:
    - {{name: p0-sf, interfaceName: p0_if, network: mybrhbn}}
    - {{name: p1-sf, interfaceName: p1_if, network: mybrhbn}}

  # A port is an interface of this zone, or one from elsewhere by its labels: here the uplinks that
  # all zones share.
  chains:
  - name: hbn-to-fabric
    switches:
    - ports: [{{labels: {{uplink: p0}}}}, {{interface: p0-sf}}]
    - ports: [{{labels: {{uplink: p1}}}}, {{interface: p1-sf}}]
"""


def starter(name: str, namespace: str) -> str:
    """Return a Zone document with comments, to be filled in.

    Args:
        name: Name of the zone; an object name.
        namespace: Namespace of its objects.
    """
    shown = write_yaml([name]).decode().strip()  # a name such as 7 or on needs quotes
    return _TEXT.format(name=name, shown=shown, namespace=namespace)
