"""Plans to text: what would change, line by line, and how far it reaches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import unified_diff
from itertools import repeat, zip_longest
from typing import Any

from dpfctl.model.kinds import RELEASE, SECRET, Kind
from dpfctl.model.redaction import mask_looks, mask_secret, mask_values
from dpfctl.model.yaml_writer import write_yaml
from dpfctl.plan import Action, Change, Impact, expected
from dpfctl.render.style import Ink, paint
from dpfctl.render.text import clean

CONTEXT_LINES = 2
HIDDEN = "(secret)"
_LISTED = 8
_ONE_BY_ONE = 5
_NOT_SHOWN = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")
_INKS = {"+": Ink.GREEN, "-": Ink.RED, "@": Ink.CYAN}


def diff_lines(
    change: Change, *, stored: Mapping[str, Any] | None = None, colour: bool = False
) -> Iterator[str]:
    """Yield what a change does to its object as a unified diff of YAML, without a head.

    Args:
        change: The change; one that leaves the object as it is yields nothing.
        stored: What a server made of it in a dry run; None or empty if none was asked.
        colour: Whether added and removed lines are painted; the signs are there anyway.

    Values that are secrets by their names or looks are masked. Of a Helm release that is there,
    which comes from a Secret, only values are shown that are wanted as they are.
    """
    part = _shown_status if change.action is Action.STATUS else _shown
    before = part(change.before.raw if change.before else None)
    after = part(stored or expected(change))
    hide = mask_looks if change.action is Action.STATUS else masking(change.ref.kind)
    seen = masked(before, after, "before", hide)
    lines = unified_diff(
        _lines(_without_values(seen, after) if change.ref.kind == RELEASE else seen),
        _lines(masked(after, before, "after", hide)),
        lineterm="",
        n=CONTEXT_LINES,
    )
    for number, line in enumerate(lines):
        if number < 2:  # the names of two files that there are not
            continue
        text = clean(line) if line[0] != "@" else "@@"
        ink = _INKS.get(line[0])
        yield paint(text, ink) if colour and ink else text


def impact_lines(impacts: Sequence[Impact]) -> list[str]:
    """Say what changes touch besides their objects; of many objects together, not one by one."""
    shown = [i for i in impacts if i.names or i.note or not i.is_known]
    if len({impact.target for impact in impacts}) <= _ONE_BY_ONE:
        return [impact_line(impact) for impact in shown]
    together: dict[tuple[str, bool, str], list[Impact]] = {}
    for impact in shown:
        together.setdefault((impact.what, impact.is_known, impact.note), []).append(impact)
    return [_joint_line(found) for found in together.values()]


def folded(warnings: Sequence[str]) -> list[str]:
    """Say once what is the same of many objects, with the first of them and their number."""
    subjects: dict[str, list[str]] = {}
    for warning in warnings:
        subject, colon, fact = warning.partition(": ")
        subjects.setdefault(fact if colon else warning, []).append(subject if colon else "")
    return [line for fact, found in subjects.items() for line in _folded_lines(fact, found)]


def deletion_line(change: Change) -> str:
    """Say that an object is going to be deleted, and why."""
    reason = "; ".join(clean(text) for text in change.reasons)
    return f"{clean(str(change.ref))}: is to be deleted{f': {reason}' if reason else ''}"


def impact_line(impact: Impact) -> str:
    """Say in one line what a change touches besides its object."""
    subject = f"{clean(str(impact.target))}: {impact.what}"
    if not impact.is_known:
        return f"{subject}: not known: {clean(impact.note)}"
    note = f"; {clean(impact.note)}" if impact.note else ""
    if not impact.names:
        return f"{subject}: none{note}"
    names = ", ".join(clean(name) for name in impact.names[:_LISTED])
    rest = len(impact.names) - _LISTED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{subject} ({len(impact.names)}): {names}{more}{note}"


def _joint_line(impacts: Sequence[Impact]) -> str:
    """One line for the same impact of several objects."""
    names = tuple(dict.fromkeys(name for impact in impacts for name in impact.names))
    line = impact_line(replace(impacts[0], names=names))
    return line.replace(clean(str(impacts[0].target)), f"{len(impacts)} objects", 1)


def _folded_lines(fact: str, subjects: Sequence[str]) -> list[str]:
    if len(subjects) > _ONE_BY_ONE:
        return [f"{subjects[0]} and {len(subjects) - 1} more: {fact}"]
    return [f"{subject}: {fact}" if subject else fact for subject in subjects]


def masking(kind: Kind) -> Callable[[Any], Any]:
    """Return how objects of a kind are masked: of Secrets nothing is shown."""
    return mask_secret if kind.resource == SECRET.resource else mask_values


def masked(value: Any, other: Any, word: str, hide: Callable[[Any], Any] = mask_values) -> Any:
    """Return a value without its secrets; one that differs from the other side says so.

    Args:
        value: Plain values.
        other: The same on the other side of a diff, None if there is nothing.
        word: Which side this is: ``before``, ``after``.
        hide: Masks a value.
    """
    hidden = hide(value)
    return hidden if hidden is value else _marked(value, hidden, other, word)


def _marked(value: Any, hidden: Any, other: Any, word: str) -> Any:
    """Replace what was hidden by a mark that tells whether it differs from the other side."""
    if hidden is value:
        return value
    if isinstance(value, dict) and isinstance(hidden, dict):
        there = other if isinstance(other, dict) else {}
        return {k: _marked(v, hidden[k], there.get(k), word) for k, v in value.items()}
    if isinstance(value, list) and isinstance(hidden, list):
        others = other if isinstance(other, list) and len(other) == len(value) else repeat(None)
        trios = zip(value, hidden, others, strict=False)
        return [_marked(v, h, o, word) for v, h, o in trios]
    return HIDDEN if value == other else f"{HIDDEN} ({word})"


def _without_values(release: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Hide values of a release that is there, but for those that are wanted as they are.

    Whoever may read the DPUService knows what is wanted; what is there takes the right to read
    Secrets.
    """
    spec, other = release.get("spec"), wanted.get("spec") or {}
    if not isinstance(spec, dict) or "values" not in spec:
        return release
    values = _only_shared(spec["values"], other.get("values"))
    return {**release, "spec": {**spec, "values": values}}


def _only_shared(value: Any, other: Any) -> Any:
    """Return a value with every leaf hidden that the other side does not have in its place."""
    if isinstance(value, dict) and value:
        there = other if isinstance(other, dict) else {}
        return {key: _only_shared(child, there.get(key)) for key, child in value.items()}
    if isinstance(value, list) and value:
        others = other if isinstance(other, list) else ()
        return [_only_shared(child, one) for child, one in zip_longest(value, others[: len(value)])]
    hidden = f"{HIDDEN} (before)"
    return value if value in (other, HIDDEN) else hidden


def _shown(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parts of an object that a plan can be about."""
    if raw is None:
        return {}
    shown = {key: value for key, value in raw.items() if key != "status"}
    metadata = shown.get("metadata") or {}
    shown["metadata"] = {k: v for k, v in metadata.items() if k not in _NOT_SHOWN}
    return shown


def _shown_status(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """The status of an object and nothing else."""
    return {"status": raw.get("status") or {}} if raw else {}


def _lines(raw: Mapping[str, Any]) -> list[str]:
    return write_yaml([raw]).decode().splitlines() if raw else []
