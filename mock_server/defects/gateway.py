"""The mock's gateway with one defect: it wraps the request path at its edges and leaves the core as it is."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from covermock.openapi import Contract, json_bytes, read_contract

from ..gateway.gateway import Gateway, KeyLookup
from ..http.errors import Refusal
from ..http.messages import Answer, Request
from ..world.fault import Fault
from ..world.webhook import Delivery
from ..world.world import World
from .defect import Defect, Owner, value_of


class DefectiveGateway(Gateway):
    """A gateway that breaks one sentence. `memory` is what a defect remembers; `last` the last owner of a valid key."""

    def __init__(self, defect: Defect, contract: Contract, find_key: KeyLookup, public_url: str = "") -> None:
        super().__init__(contract, find_key, public_url)
        self.defect = defect
        self.memory: dict[str, Any] = {}
        self.last: Owner | None = None
        self._standing = [Fault(f"defect{number}", row) for number, row in enumerate(defect.faults)]
        for name, way in self._routes.items():
            checks = tuple((defect.checks.get(rule["check"], check), rule) for check, rule in way.checks)
            self._routes[name] = way._replace(checks=checks)

    def answer(self, request: Request, wall: float) -> Answer:
        seen = self.defect.see(request) if self.defect.see else request
        answer = replace(super().answer(seen, wall))  # a copy: the gateway gives the same answer again
        if self.defect.spoil:
            self.defect.spoil(self, request, answer)
        return answer

    def callback(self, world: World, delivery: Delivery, now: float) -> bytes:
        """Return the body of a webhook, spoiled where the defect says so."""
        body = super().callback(world, delivery, now)
        return json_bytes(self.defect.callback(world, value_of(body))) if self.defect.callback else body

    def find(self, key: str) -> Owner | None:
        return self._find_key(key)

    def _owner_of(self, request: Request) -> Owner | Refusal:
        owner = super()._owner_of(request)
        if self.defect.owner:
            owner = self.defect.owner(self, request, owner)
        if isinstance(owner, tuple):
            self.last = owner
            missing = [fault for fault in self._standing if fault not in owner[0].faults]
            owner[0].faults.extend(missing)
        return owner


def with_edit(contract: Contract, defect: Defect) -> Contract:
    if defect.edit is None:
        return contract
    document = deepcopy(contract.source.data)
    defect.edit(document)
    return read_contract(contract.source.with_data(document))
