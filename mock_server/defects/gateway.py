"""The mock's gateway with one defect: it wraps the request path at its edges and leaves the core as it is."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from covermock.openapi import Contract, Operation, json_bytes, read_contract

from ..gateway.gateway import Gateway, KeyLookup
from ..http.errors import Refusal
from ..http.messages import Answer, Request
from ..world.fault import Fault
from ..world.webhook import Delivery
from ..world.world import World
from .conditions import Moment, holds
from .defect import Defect, Owner
from .rewriting import given_ids, json_object, value_of


class DefectiveGateway(Gateway):
    """A gateway that breaks one sentence, wherever its conditions hold.

    `memory` is what a defect remembers, `last` the last owner of a valid key, `sound` the gateway without the defect.
    A defect with conditions has its contract changed here alone; else the whole mock follows the changed one.
    """

    def __init__(self, defect: Defect, contract: Contract, find_key: KeyLookup, public_url: str = "") -> None:
        super().__init__(with_edit(contract, defect) if defect.conditions else contract, find_key, public_url)
        self.defect = defect
        self.memory: dict[Any, Any] = {}
        self.last: Owner | None = None
        self.sound = Gateway(contract, find_key, public_url)
        self._standing = [Fault(f"defect{number}", row) for number, row in enumerate(defect.faults)]
        for name, way in self._routes.items() if defect.checks else ():
            assert defect.checks is not None
            checks = defect.checks(self.contract.by_id[name], way.checks)
            self._routes[name] = replace(way, checks=checks)

    def answer(self, request: Request, wall: float) -> Answer:
        if self.defect.conditions and not holds(self.defect.conditions, self._moment(request, wall)):
            self.sound.keys = self.keys
            return self.sound.answer(request, wall)
        asked = self.defect.see(self, request) if self.defect.see else request
        owner = self._owner_of(asked)
        try:
            answer = replace(super().answer(asked, wall))  # a copy: the gateway gives the same answer again
        finally:
            if self._standing and isinstance(owner, tuple):
                owner[0].faults[:] = [fault for fault in owner[0].faults if fault not in self._standing]
        if self.defect.spoil:
            self.defect.spoil(self, request, answer)
        return answer

    def callback(self, world: World, delivery: Delivery, now: float) -> bytes:
        """Return the body of a webhook, spoiled where the defect says so."""
        body = super().callback(world, delivery, now)
        if self.defect.callback is None or not holds(self.defect.conditions, self._told(world, delivery, now)):
            return body
        return json_bytes(self.defect.callback(world, delivery, value_of(body)))

    def find(self, key: str) -> Owner | None:
        return self._find_key(key)

    def asked(self, request: Request) -> Operation | None:
        """Return the operation that a request names, or None."""
        return self.front.routes.find(request.path)[0].get(request.method)

    def ids(self, request: Request) -> Mapping[tuple[str, str], str]:
        """Return the ids that a request is about, by where they stand in it: (body, task_id)."""
        operation = self.asked(request)
        return given_ids(operation, request, self.front.routes.find(request.path)[1]) if operation else {}

    def owner_of(self, request: Request) -> Owner | Refusal:
        """Return whose key a request carries, or its refusal, as a gateway without the defect would."""
        return super()._owner_of(request)

    def _owner_of(self, request: Request) -> Owner | Refusal:
        owner = super()._owner_of(request)
        if self.defect.owner:
            owner = self.defect.owner(self, request, owner)
        if isinstance(owner, tuple):
            self.last = owner
            owner[0].faults.extend(fault for fault in self._standing if fault not in owner[0].faults)
        return owner

    def _moment(self, request: Request, wall: float) -> Moment:
        owner = self.owner_of(request)
        self.last = owner if isinstance(owner, tuple) else self.last
        world, account = self.last or (None, None)
        named = next((name for name in self.ids(request).values() if world and name in world.tasks), "")
        task = world.tasks[named] if world and named else None
        body = json_object(request.body)
        return Moment(self.memory, self.asked(request), request, body, wall, world, account, task)

    def _told(self, world: World, delivery: Delivery, now: float) -> Moment:
        operation = self.contract.by_id[delivery.operation]
        task = world.tasks[delivery.task]
        account = world.accounts.get(task.account)
        return Moment(self.memory, operation, Request("", ""), {}, now, world, account, task)


def with_edit(contract: Contract, defect: Defect) -> Contract:
    """Return the contract as the defect changes it."""
    if defect.edit is None:
        return contract
    document = deepcopy(contract.source.data)
    defect.edit(document)
    return read_contract(contract.source.with_data(document))
