"""What an answer means: JSON out of a good one, one of our errors out of a bad one."""

import http
import json
import re
from collections.abc import Mapping
from typing import Any

from dpfctl.cluster.faults import Cause, FaultError
from dpfctl.cluster.transport import Answer
from dpfctl.cluster.wording import listed, one_line
from dpfctl.errors import (
    AlreadyExistsError,
    ConflictError,
    DpfctlError,
    FieldConflict,
    FieldConflictError,
    ForbiddenError,
    KindNotServedError,
    NotFoundError,
    RejectedError,
    UnreachableError,
)
from dpfctl.model.json_text import finite
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref

_MANAGER = re.compile(r'^conflict with "([^"]*)".*$', re.DOTALL)
_BAD_REQUESTS = (
    "failed to create typed patch object",
    "resourceVersion should not be set",
    "strconv.ParseUint",
)
"""What the API server calls an internal error and is one of the request: nothing was stored."""

_MISFIT = "the server rejected our request due to an error in our request"
"""What it says of a JSON Patch that does not fit the object as it is now. Ours fit the version they
were made for, which the server looks at only afterwards: the object has moved."""

_FORBIDDEN = re.compile(r'^\S+(?: "[^"]*")? is forbidden: ')


def decode(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        FaultError: It is none. The client library would hand HTML on as a string, an empty body as
            ``''``, and take NaN for a number.
    """
    if not answer.body:
        raise _rubbish("empty body")
    if answer.content_type != "application/json":
        raise _rubbish(one_line(answer.content_type, 60) or "no content type")
    try:
        value = json.loads(answer.body, parse_float=finite, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise _rubbish("not UTF-8") from None
    except RecursionError:
        raise _rubbish("nested too deeply") from None
    except ValueError:
        raise _rubbish("not JSON") from None
    if not isinstance(value, dict):
        raise _rubbish("not a JSON object")
    return value


def list_items(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the objects of one page; entries that are no objects are passed over.

    Raises:
        FaultError: The page is not a list of objects. ``items: null`` is an empty one.
    """
    kind, items = page.get("kind"), page.get("items")
    if not isinstance(kind, str) or not kind.endswith("List"):
        raise _rubbish(f"not a list but {one_line(str(kind), 60)}")
    if items is None:
        return []
    if not isinstance(items, list):
        raise _rubbish("items is not a list")
    return [item for item in items if isinstance(item, dict)]


def refusal(subject: Kind | Ref | str, endpoint: str, answer: Answer) -> DpfctlError:
    """Return the error for an answer that is not 2xx.

    Args:
        subject: The object that was named, the kind that was listed, or the path.
        endpoint: ``host:port`` for errors that are about the server.
        answer: The answer; what it says about itself is cleaned.
    """
    status = read_status(answer)
    said = one_line(status.get("message") or "")
    name = subject.resource if isinstance(subject, Kind) else str(subject)
    code = answer.status
    if code == 403:
        return ForbiddenError(f"{name}: forbidden{_after(_FORBIDDEN.sub('', said))}", _FORBID_HINT)
    if code == 404:
        return _absent(subject, status)
    if code == 409:
        return _conflict(name, status, said)
    if code == 422 and said == _MISFIT:
        return ConflictError(f"{name}: changed in the meantime")
    if 300 <= code < 400:
        return UnreachableError(f"{name}: {endpoint}: redirects{_target(answer)}", _REDIRECT_HINT)
    if code == 500 and said.startswith(_BAD_REQUESTS):
        return RejectedError(f"{name}: {said}")
    if code == 429 or code >= 500:
        return _busy(name, endpoint, answer, said)
    return RejectedError(f"{name}: {said or f'refused with {_phrase(code)}'}")


def read_status(answer: Answer) -> dict[str, Any]:
    """Return the ``Status`` object that explains a failure, empty if the answer has none."""
    try:
        status = decode(answer)
    except FaultError:
        return {}
    return status if status.get("kind") == "Status" and _is_sound(status) else {}


def _is_sound(status: Mapping[str, Any]) -> bool:
    texts = (status.get("message") or "", status.get("reason") or "")
    details = status.get("details") or {}
    return all(isinstance(text, str) for text in texts) and isinstance(details, dict)


def _absent(subject: Kind | Ref | str, status: Mapping[str, Any]) -> DpfctlError:
    """A ``Status`` names the object that is missing; for an unknown kind there is plain text."""
    details = status.get("details") or {}
    if isinstance(subject, Ref) and details.get("name"):
        if details["name"] == subject.name:
            return NotFoundError(f"{subject}: not found")
        return NotFoundError(f"{subject}: {one_line(status.get('message') or 'not found')}")
    if isinstance(subject, str):
        return NotFoundError(f"{subject}: not served by this cluster")
    kind = subject.kind if isinstance(subject, Ref) else subject
    return KindNotServedError(f"{kind.resource}: not served by this cluster", _CRD_HINT)


def _conflict(name: str, status: Mapping[str, Any], said: str) -> ConflictError:
    if status.get("reason") == "AlreadyExists":
        return AlreadyExistsError(f"{name}: already exists")
    if owned := _field_conflicts(status):
        fields = listed([f"{one.field} ({one.manager})" for one in owned])
        return FieldConflictError(f"{name}: others own {fields}", "", owned)
    return ConflictError(f"{name}: {said or 'changed in the meantime'}")


def _field_conflicts(status: Mapping[str, Any]) -> tuple[FieldConflict, ...]:
    """Read the causes of a server-side apply that would take fields from other managers."""
    causes = (status.get("details") or {}).get("causes") or []
    return tuple(
        FieldConflict(str(cause.get("field")), _MANAGER.sub(r"\1", str(cause.get("message"))))
        for cause in causes
        if isinstance(cause, dict) and cause.get("reason") == "FieldManagerConflict"
    )


def _busy(name: str, endpoint: str, answer: Answer, said: str) -> UnreachableError:
    tries = f" ({answer.attempts} attempts)" if answer.attempts > 1 else ""
    wish = one_line(answer.retry_after, 40)
    hint = f"the server asks to wait {wish} s" if wish.isdigit() else ""
    return UnreachableError(
        f"{name}: {endpoint}: {_phrase(answer.status)}{_after(said)}{tries}", hint
    )


def _phrase(code: int) -> str:
    try:
        return f"{code} {http.HTTPStatus(code).phrase.lower()}"
    except ValueError:
        return str(code)


def _after(text: str) -> str:
    return f": {text}" if text else ""


def _target(answer: Answer) -> str:
    # A login or a token in the target is none of the terminal's business.
    target = one_line(answer.location.partition("?")[0].rpartition("@")[2], 120)
    return f" to {target}" if target else ""


def _rubbish(fact: str) -> FaultError:
    return FaultError(Cause.RUBBISH, f"not a Kubernetes answer: {fact}", _RUBBISH_HINT)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_FORBID_HINT = "ask for this permission, or use another context"
_REDIRECT_HINT = "redirects are not followed; set server in the kubeconfig to the API server itself"
_CRD_HINT = "its CRD is not installed there, or another version of it"
_RUBBISH_HINT = "something else than an API server may answer at this address"
