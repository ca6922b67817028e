"""The kinds dpfctl knows, one row each.

A new kind is a new row here. Groups, versions, plurals and scopes are those of DPF 26.x
(``api/*/v1alpha1``) and of the third-party APIs that DPF builds on.
"""

from dataclasses import dataclass, replace

OPERATOR = "operator.dpu.nvidia.com"
PROVISIONING = "provisioning.dpu.nvidia.com"
SERVICES = "svc.dpu.nvidia.com"
VPC = "vpc.dpu.nvidia.com"
STORAGE = "storage.dpu.nvidia.com"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the Kubernetes API.

    Attributes:
        name: API name, ``DPUService``.
        plural: Resource name in URLs, ``dpuservices``.
        group: API group, empty for the core group.
        version: The version that is read and written.
        namespaced: Whether objects live in namespaces.
        has_status: Whether status is a subresource of its own.
        selector: Label selector of a row that stands for a part of the kind; a LIST asks for that
            part only. Empty for all objects.
    """

    name: str
    plural: str
    group: str
    version: str = "v1alpha1"
    namespaced: bool = True
    has_status: bool = True
    selector: str = ""

    @property
    def api_version(self) -> str:
        """``group/version``, or only the version in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """``plural.group``, as kubectl and error messages write it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def title(self) -> str:
        """Plural of the API name as a heading: ``DPUServices``, ``IsolationClasses``."""
        return plural_of(self.name)

    def __str__(self) -> str:
        return self.name.lower()


def plural_of(name: str) -> str:
    """Return the English plural of a kind's API name, keeping its capitals.

    Covers the endings the known kinds have: ``-y`` after a consonant, sibilants, and the rest.
    """
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


DPF_OPERATOR_CONFIG = Kind("DPFOperatorConfig", "dpfoperatorconfigs", OPERATOR)

DPU_CLUSTER = Kind("DPUCluster", "dpuclusters", PROVISIONING)
DPU_SET = Kind("DPUSet", "dpusets", PROVISIONING)
DPU = Kind("DPU", "dpus", PROVISIONING)
BFB = Kind("BFB", "bfbs", PROVISIONING)
DPU_NODE = Kind("DPUNode", "dpunodes", PROVISIONING)
DPU_DEVICE = Kind("DPUDevice", "dpudevices", PROVISIONING)
DPU_NODE_MAINTENANCE = Kind("DPUNodeMaintenance", "dpunodemaintenances", PROVISIONING)
DPU_FLAVOR = Kind("DPUFlavor", "dpuflavors", PROVISIONING, has_status=False)

DPU_DEPLOYMENT = Kind("DPUDeployment", "dpudeployments", SERVICES)
DPU_SERVICE = Kind("DPUService", "dpuservices", SERVICES)
DPU_SERVICE_CHAIN = Kind("DPUServiceChain", "dpuservicechains", SERVICES)
DPU_SERVICE_CONFIGURATION = Kind("DPUServiceConfiguration", "dpuserviceconfigurations", SERVICES)
DPU_SERVICE_CREDENTIAL_REQUEST = Kind(
    "DPUServiceCredentialRequest", "dpuservicecredentialrequests", SERVICES
)
DPU_SERVICE_INTERFACE = Kind("DPUServiceInterface", "dpuserviceinterfaces", SERVICES)
DPU_SERVICE_IPAM = Kind("DPUServiceIPAM", "dpuserviceipams", SERVICES)
DPU_SERVICE_NAD = Kind("DPUServiceNAD", "dpuservicenads", SERVICES)
DPU_SERVICE_TEMPLATE = Kind("DPUServiceTemplate", "dpuservicetemplates", SERVICES)
SERVICE_INTERFACE = Kind("ServiceInterface", "serviceinterfaces", SERVICES)
SERVICE_INTERFACE_SET = Kind("ServiceInterfaceSet", "serviceinterfacesets", SERVICES)
SERVICE_CHAIN = Kind("ServiceChain", "servicechains", SERVICES)
SERVICE_CHAIN_SET = Kind("ServiceChainSet", "servicechainsets", SERVICES)
NODE_SERVICE_INTERFACES = Kind("NodeServiceInterfaces", "nodeserviceinterfaces", SERVICES)

DPU_VPC = Kind("DPUVPC", "dpuvpcs", VPC)
DPU_VIRTUAL_NETWORK = Kind("DPUVirtualNetwork", "dpuvirtualnetworks", VPC)
ISOLATION_CLASS = Kind("IsolationClass", "isolationclasses", VPC, namespaced=False)

DPU_VOLUME = Kind("DPUVolume", "dpuvolumes", STORAGE)
DPU_VOLUME_ATTACHMENT = Kind("DPUVolumeAttachment", "dpuvolumeattachments", STORAGE)
DPU_STORAGE_POLICY = Kind("DPUStoragePolicy", "dpustoragepolicies", STORAGE)
DPU_STORAGE_VENDOR = Kind("DPUStorageVendor", "dpustoragevendors", STORAGE)

APPLICATION = Kind("Application", "applications", "argoproj.io", has_status=False)
APP_PROJECT = Kind("AppProject", "appprojects", "argoproj.io", has_status=False)
TENANT_CONTROL_PLANE = Kind("TenantControlPlane", "tenantcontrolplanes", "kamaji.clastix.io")
NETWORK_ATTACHMENT_DEFINITION = Kind(
    "NetworkAttachmentDefinition",
    "network-attachment-definitions",
    "k8s.cni.cncf.io",
    "v1",
    has_status=False,
)

NAMESPACE = Kind("Namespace", "namespaces", "", "v1", namespaced=False)
NODE = Kind("Node", "nodes", "", "v1", namespaced=False)
POD = Kind("Pod", "pods", "", "v1")
SERVICE = Kind("Service", "services", "", "v1")
CONFIG_MAP = Kind("ConfigMap", "configmaps", "", "v1", has_status=False)
SECRET = Kind("Secret", "secrets", "", "v1", has_status=False)
ENDPOINT_SLICE = Kind("EndpointSlice", "endpointslices", "discovery.k8s.io", "v1", has_status=False)
ENDPOINTS = Kind("Endpoints", "endpoints", "", "v1", has_status=False)
LEASE = Kind("Lease", "leases", "coordination.k8s.io", "v1", has_status=False)
DAEMON_SET = Kind("DaemonSet", "daemonsets", "apps", "v1")
DEPLOYMENT = Kind("Deployment", "deployments", "apps", "v1")

CUSTOM_RESOURCE_DEFINITION = Kind(
    "CustomResourceDefinition",
    "customresourcedefinitions",
    "apiextensions.k8s.io",
    "v1",
    namespaced=False,
)

PULL_SECRET = replace(SECRET, selector="dpu.nvidia.com/image-pull-secret")
"""Secrets that DPF copies to the DPU clusters."""
REPOSITORY_SECRET = replace(SECRET, selector="argocd.argoproj.io/secret-type")
"""Secrets in which Argo CD keeps repositories, credentials and clusters."""
RELEASE_SECRET = replace(SECRET, selector="owner=helm")
"""Secrets in which Helm keeps its releases."""
RELEASE = Kind("Release", "releases", "helm.sh", "v1", has_status=False)
"""A Helm release: no kind of the API, but a thing that is wanted, found and changed like one."""

DESCRIBED = (
    DPF_OPERATOR_CONFIG,
    DPU_CLUSTER,
    DPU_DEPLOYMENT,
    DPU_SET,
    DPU,
    BFB,
    DPU_NODE,
    DPU_DEVICE,
    DPU_NODE_MAINTENANCE,
    DPU_SERVICE,
    DPU_SERVICE_CHAIN,
    DPU_SERVICE_CREDENTIAL_REQUEST,
    DPU_SERVICE_INTERFACE,
    DPU_SERVICE_IPAM,
    DPU_SERVICE_NAD,
    DPU_SERVICE_TEMPLATE,
    DPU_VPC,
    DPU_VIRTUAL_NETWORK,
    ISOLATION_CLASS,
    DPU_VOLUME,
    DPU_VOLUME_ATTACHMENT,
    DPU_STORAGE_POLICY,
    DPU_STORAGE_VENDOR,
    APPLICATION,
    TENANT_CONTROL_PLANE,
)
"""Kinds that ``describe`` can put in its tree, all on the host cluster."""

HOST = (
    *DESCRIBED,
    DPU_FLAVOR,
    DPU_SERVICE_CONFIGURATION,
    APP_PROJECT,
    NETWORK_ATTACHMENT_DEFINITION,
    NODE,
    NAMESPACE,
    SERVICE,
    ENDPOINT_SLICE,
    ENDPOINTS,
    CONFIG_MAP,
)
"""Kinds that a snapshot takes from the host cluster."""

DPU_SIDE = (
    NODE,
    NAMESPACE,
    DAEMON_SET,
    DEPLOYMENT,
    POD,
    SERVICE,
    ENDPOINT_SLICE,
    SERVICE_INTERFACE,
    SERVICE_INTERFACE_SET,
    SERVICE_CHAIN,
    SERVICE_CHAIN_SET,
    NODE_SERVICE_INTERFACES,
    NETWORK_ATTACHMENT_DEFINITION,
    CONFIG_MAP,
)
"""Kinds that a snapshot takes from each DPU cluster."""

ALL = tuple(dict.fromkeys((*HOST, *DPU_SIDE, SECRET, ENDPOINTS, LEASE, CUSTOM_RESOURCE_DEFINITION)))

_BY_GROUP_AND_NAME = {(kind.group, kind.name): kind for kind in ALL}


def find(api_version: str, name: str) -> Kind | None:
    """Return the row for an object's ``apiVersion`` and ``kind``, whatever its version.

    None means that dpfctl does not know the kind; the object is kept but never interpreted.
    """
    group = api_version.rpartition("/")[0]
    return _BY_GROUP_AND_NAME.get((group, name))
