"""Fetch charts: each one once per run, whatever number of clusters wants it.

An HTTPS repository is read by way of its index, so that the archive can be compared with the digest
that stands there, which Helm does not do; what an OCI registry gives is found by its digest anyway.
Plain HTTP is not spoken.

Source:
    Argo CD 3.x ``util/helm/client.go`` for ranges; DPF 26.x ``ApplicationSource`` for chart and
    path.
"""

import base64
import json
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dpfctl.errors import DpfctlError, RejectedError
from dpfctl.helm.archives import Archive, read_archive
from dpfctl.helm.failures import ALIAS, chart_failure
from dpfctl.helm.private_files import PrivateFile
from dpfctl.helm.repositories import RepositoryCredentials
from dpfctl.helm.runner import Runner
from dpfctl.model.releases import OCI, Chart, called, check_source
from dpfctl.model.yaml_text import parse_yaml

FETCH_LIMIT = 60.0
"""Seconds for one process."""


_INDEX = f"{ALIAS}-index.yaml"
_DOCKER_HUB = ("docker.io", "registry-1.docker.io")
_DOCKER_HUB_LOGIN = "https://index.docker.io/v1/"


class Charts:
    """The charts of one run; any thread may ask for any of them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}

    def fetch(self, chart: Chart, credentials: RepositoryCredentials | None = None) -> Archive:
        """Return a chart's archive, which stays until the run ends.

        A range is resolved to the newest version that fits. The second one to ask waits for the
        first, and gets the same answer, be it an error.

        Raises:
            AccessError: The repository asks for another login, is not trusted or does not answer.
            NotFoundError: It has no such chart or version.
            InputError: The DPUService names no chart, or a Git repository.
            RejectedError: What came is no chart, or not the one that the index names.
        """
        check_source(chart)
        used = credentials or RepositoryCredentials(chart.repo_url)
        found: Archive = self._once((chart, used), lambda: self._fetch(chart, used))
        return found

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            is_first = key not in self._asked
            answer = self._asked.setdefault(key, Future())
        if is_first:
            try:
                answer.set_result(make())
            except BaseException as error:
                answer.set_exception(error)
        return answer.result()

    def _fetch(self, chart: Chart, credentials: RepositoryCredentials) -> Archive:
        name = called(chart)
        target = self._runner.new_folder("chart")
        version = [f"--version={chart.version}"] if chart.version else []
        words = ["pull", *version, f"--destination={target}"]
        if chart.repo_url.startswith(OCI):
            self._pull_oci(name, words, chart, credentials)
            return _only_archive(target, name)
        place = chart.repo_url.rstrip("/")
        index = self._once((place, credentials), lambda: self._index(name, place, credentials))
        self._pull_https(name, words, chart, credentials, index)
        archive = _only_archive(target, name)
        check_digest(archive, index / _INDEX, name)
        return archive

    def _pull_oci(
        self, name: str, words: list[str], chart: Chart, credentials: RepositoryCredentials
    ) -> None:
        with self._files(_registry_login(chart.repo_url, credentials), credentials.ca) as files:
            login, *ca = files
            more = [f"--registry-config={login.path}", *(f"--ca-file={one.path}" for one in ca)]
            self._run(name, [*words, *more, "--", oci_reference(chart)], files, credentials)

    def _pull_https(
        self,
        name: str,
        words: list[str],
        chart: Chart,
        credentials: RepositoryCredentials,
        index: Path,
    ) -> None:
        with self._repository(chart.repo_url.rstrip("/"), credentials, index) as (more, files):
            self._run(name, [*words, *more, "--", f"{ALIAS}/{chart.name}"], files, credentials)

    def _index(self, name: str, place: str, credentials: RepositoryCredentials) -> Path:
        folder = self._runner.new_folder("index")
        with self._repository(place, credentials, folder) as (more, files):
            self._run(name, ["repo", "update", *more], files, credentials)
        return folder

    @contextmanager
    def _repository(
        self, place: str, credentials: RepositoryCredentials, index: Path
    ) -> Iterator[tuple[list[str], list[PrivateFile]]]:
        """Arguments and files by which helm knows one repository under our name for it."""
        with ExitStack() as held:
            ca = [held.enter_context(self._runner.file(credentials.ca))] if credentials.ca else []
            entry = {"name": ALIAS, "url": place, "caFile": ca[0].path if ca else ""}
            entry |= {"username": credentials.username, "password": credentials.password}
            known = json.dumps({"apiVersion": "v1", "repositories": [entry]})  # JSON is YAML
            file = held.enter_context(self._runner.file(known.encode()))
            yield (
                [f"--repository-config={file.path}", f"--repository-cache={index}"],
                [file, *ca],
            )

    @contextmanager
    def _files(self, *contents: bytes) -> Iterator[list[PrivateFile]]:
        with ExitStack() as held:
            yield [held.enter_context(self._runner.file(data)) for data in contents if data]

    def _run(
        self,
        name: str,
        words: list[str],
        files: list[PrivateFile],
        credentials: RepositoryCredentials,
    ) -> None:
        done = self._runner.run(words, FETCH_LIMIT, files=files)
        if not done.is_good:
            login = credentials.source or credentials.url
            raise chart_failure(name, done, login if credentials.has_login else "")


def oci_reference(chart: Chart) -> str:
    """Return what names a chart in an OCI registry."""
    parts = (chart.repo_url.rstrip("/"), (chart.name or chart.path).strip("/"))
    return "/".join(part for part in parts if part)


def check_digest(archive: Archive, index: Path, where: str) -> None:
    """Compare an archive with the index of its repository; entries without digest let it pass.

    Raises:
        RejectedError: The index names another archive, or cannot be read.
    """
    data = index.read_bytes()
    if archive.sha256.encode() in data:  # as it nearly always is: no need to read 20 MB of YAML
        return
    try:
        (found,) = parse_yaml(data.decode(), where)
        entries = [one for one in found["entries"][archive.name] if _is_of(one, archive.version)]
        digests = [str(one["digest"]) for one in entries if one.get("digest")]
    except (DpfctlError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise RejectedError(f"{where}: the index of its repository cannot be read") from error
    if digests:
        raise RejectedError(f"{where}: what came is not the archive that the index names", _ASK)


def _is_of(entry: dict[str, Any], version: str) -> bool:
    return str(entry.get("version", "")).removeprefix("v") == version.removeprefix("v")


def _only_archive(folder: Path, name: str) -> Archive:
    found = list(folder.glob("*.tgz"))
    if len(found) != 1:
        raise RejectedError(f"{name}: helm fetched {len(found)} archives")
    return read_archive(found[0], name)


def _registry_login(repo_url: str, credentials: RepositoryCredentials) -> bytes:
    """The file in which helm looks for logins of registries, with at most one."""
    host = urlsplit(repo_url).netloc
    pair = f"{credentials.username}:{credentials.password}".encode()
    login = {"auth": base64.b64encode(pair).decode()}
    key = _DOCKER_HUB_LOGIN if host in _DOCKER_HUB else host
    return json.dumps({"auths": {key: login} if credentials.has_login else {}}).encode()


_ASK = "ask whoever keeps the repository: the archive or the index was changed"
