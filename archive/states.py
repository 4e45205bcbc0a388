"""The one writer of states. Higher layers register their machines; nobody else assigns a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from archive import custody, errors
from archive.types import Actor


@dataclass(frozen=True)
class Machine:
    """The moves of one kind of thing: (state, move) → next state. `source` names the table in `domain.md`."""

    kind: str
    source: str
    moves: Mapping[tuple[str, str], str]

    @property
    def states(self) -> frozenset[str]:
        return frozenset(state for state, _ in self.moves) | frozenset(self.moves.values())


_MACHINES: dict[type[models.Model], Machine] = {}


def register(model: type[models.Model], machine: Machine) -> None:
    """Make the machine of a model known. Called once, when its app is loaded."""
    _MACHINES[model] = machine


def machine_of(model: type[models.Model]) -> Machine:
    return _MACHINES[model]


def open_moves(thing: Any) -> list[str]:
    """Moves that lead on from the thing's present state."""
    return [move for state, move in _MACHINES[type(thing)].moves if state == thing.state]


@transaction.atomic
def move(thing: Any, name: str, *, actor: Actor, reason: str = "", data: Mapping[str, Any] | None = None) -> None:
    """Move a thing one step: table look-up, conditional UPDATE, custody event.

    Raises `StateConflict` when the move does not start from the thing's state, or somebody else moved it first.
    """
    model = type(thing)
    machine = _MACHINES[model]
    before = thing.state
    after = machine.moves.get((before, name))
    if after is None:
        raise errors.StateConflict(kind=machine.kind, state=before, move=name)
    changed = model._default_manager.filter(pk=thing.pk, state=before).update(state=after)
    if changed != 1:
        raise errors.StateConflict(kind=machine.kind, state=before, move=name)
    thing.state = after
    told = {"move": name, "from": before, "to": after, "reason": reason} | dict(data or {})
    custody.append("state", subject=(machine.kind, thing.pk), actor=actor, data=told)
