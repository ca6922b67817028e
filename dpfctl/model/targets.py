"""Which objects a command means: names, a selector, or all of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from dpfctl.errors import InputError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.names import RFC_1123, is_namespace_name, is_object_name
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.selectors import parse_selector

_SUGGESTED = 3
_HEAD = 2  # characters

_WORDS = {
    word: kind
    for kind in kinds.ALL
    for word in (kind.name.lower(), kind.plural, kind.resource, f"{kind.name.lower()}.{kind.group}")
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it was typed, the kind left out.

    Attributes:
        namespace: Given as ``namespace/name``; empty if not.
        name: Name of the object.
    """

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line says about its targets.

    Attributes:
        kind: The kind that is meant.
        names: Names in the order they were typed.
        selector: Text of ``-l``; None if it was not given.
        is_all: Whether ``--all`` was given.
        namespace: Where to look; None for all namespaces.
    """

    kind: Kind
    names: tuple[Name, ...]
    selector: str | None
    is_all: bool
    namespace: str | None

    @property
    def scope(self) -> str | None:
        """The one namespace that holds every target, None if there may be several."""
        spaces = {name.namespace or self.namespace for name in self.names}
        if not self.names:
            return self.namespace
        return spaces.pop() if len(spaces) == 1 else None


def parse_selection(
    verb: str,
    kind: Kind,
    words: Sequence[str],
    *,
    selector: str | None,
    is_all: bool,
    namespace: str | None,
    hint: str = "say --all if you mean all",
) -> Selection:
    """Read the targets of a command line.

    Args:
        verb: The command, for messages.
        kind: The only kind it takes.
        words: ``name``, ``namespace/name``, ``kind/name`` or ``kind.group/name``.
        selector: Text of ``-l``.
        is_all: Whether ``--all`` was given.
        namespace: Where to look; None for all namespaces.
        hint: What says that everything is meant.

    Raises:
        InputError: Nothing or too much is named, a name or selector is none, or another kind is
            named.
    """
    if words and (is_all or selector is not None):
        flag = "--all" if is_all else "--selector"
        raise InputError(f"{verb}: {flag} cannot be used together with names", "leave one out")
    if is_all and selector is not None:
        raise InputError(f"{verb}: --all cannot be used together with --selector", "leave one out")
    if not words and not is_all and selector is None:
        raise InputError(f"{verb}: names no {kind}", "give NAME, -l SELECTOR or --all")
    if namespace is not None and not is_namespace_name(namespace):
        raise InputError(f'--namespace: "{namespace}" is no namespace name', RFC_1123)
    if selector is not None and not selector.strip():
        raise InputError(f"{verb}: --selector: selects everything", hint)
    parse_selector(selector or "")
    names = dict.fromkeys(_name(verb, kind, word) for word in words)
    return Selection(kind, tuple(names), selector, is_all, namespace)


def pick(selection: Selection, resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Return the objects a selection means, by namespace, then name.

    Args:
        selection: What is meant.
        resources: Objects of the selection's scope.

    Raises:
        NotFoundError: A name is not there; every such name is told, with the nearest ones.
        InputError: A name stands for objects of several namespaces.
    """
    found = tuple(resources)
    if not selection.names:
        wanted = parse_selector(selection.selector or "")
        chosen = [r for r in found if wanted.matches(r.mapping("metadata", "labels"))]
        if selection.namespace is not None:
            chosen = [r for r in chosen if r.namespace == selection.namespace]
    else:
        chosen = _named(selection, found)
    return tuple(sorted(chosen, key=lambda r: (r.namespace, r.name)))


def suggestion(name: Name, namespace: str | None, known: Iterable[Ref]) -> str:
    """Return a hint after a name that was not found: elsewhere, or nearly the same.

    Args:
        name: What was typed.
        namespace: Where it was looked for.
        known: Objects of all namespaces that could have been meant.
    """
    refs = tuple(known)
    elsewhere = sorted({r.namespace for r in refs if r.name == name.name})
    if elsewhere:
        return f"it exists in {', '.join(elsewhere)}: write {elsewhere[0]}/{name.name}"
    here = [r.name for r in refs if namespace in (None, r.namespace)] or [r.name for r in refs]
    near = _nearest(name.name, sorted(set(here)))
    if not near and name.name in _WORDS:
        return f"one word names one object: write {name.name}/NAME"
    return f"did you mean {' or '.join(near)}?" if near else ""


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    """Names that are spelled alike, else those that begin alike: a suffix is easily forgotten."""
    near = get_close_matches(name, known, n=_SUGGESTED)
    return near or [k for k in known if k.startswith(name[:_HEAD])][:_SUGGESTED]


def missing(selection: Selection, resources: Iterable[Resource]) -> tuple[Name, ...]:
    """Return the names that no object has, in the order they were typed."""
    found = tuple(resources)
    return tuple(n for n in selection.names if not tuple(_matches(selection, n, found)))


def _named(selection: Selection, resources: Sequence[Resource]) -> list[Resource]:
    lost = missing(selection, resources)
    if lost:
        refs = [r.ref for r in resources]
        subjects = ", ".join(f"{selection.kind}/{name}" for name in lost)
        hint = suggestion(lost[0], lost[0].namespace or selection.namespace, refs)
        raise NotFoundError(f"{subjects}: not found{_where(selection, lost)}", hint)
    chosen: dict[Ref, Resource] = {}
    for name in selection.names:
        found = tuple(_matches(selection, name, resources))
        if len(found) > 1:
            spaces = sorted(r.namespace for r in found)
            raise InputError(
                f"{selection.kind}/{name}: exists in several namespaces: {', '.join(spaces)}",
                f"write {spaces[0]}/{name}",
            )
        chosen[found[0].ref] = found[0]
    return list(chosen.values())


def _where(selection: Selection, lost: Sequence[Name]) -> str:
    """Say where names were looked for, unless it was in different places."""
    spaces = {name.namespace or selection.namespace for name in lost}
    if len(spaces) > 1:
        return ""
    space = spaces.pop()
    return f" in namespace {space}" if space else " in any namespace"


def _matches(selection: Selection, name: Name, resources: Iterable[Resource]) -> Iterator[Resource]:
    space = name.namespace or selection.namespace
    for resource in resources:
        if resource.name == name.name and space in (None, resource.namespace):
            yield resource


def _name(verb: str, kind: Kind, word: str) -> Name:
    parts = word.split("/")
    if len(parts) > 1 and (named := _WORDS.get(parts[0].lower())) is not None:
        if named is not kind:
            raise InputError(f"{word}: {verb} takes a {kind}, not a {named}")
        parts = parts[1:]
    if len(parts) > 2:
        raise InputError(f'"{word}" is no name', f"write name, namespace/name or {kind}/name")
    subject = f"{kind}/{'/'.join(parts)}"
    namespace, name = parts if len(parts) == 2 else ("", parts[0])
    if not is_object_name(name):
        raise InputError(f'{subject}: "{name}" is no object name', RFC_1123)
    if len(parts) == 2 and not is_namespace_name(namespace):
        raise InputError(f'{subject}: "{namespace}" is no namespace name', RFC_1123)
    return Name(namespace, name)
