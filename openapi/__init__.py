"""The contract: `gateway.yaml`, `admin.yaml` and the small code that reads them. Imports nothing of ours."""

from .clauses import LEVELS, Clause, Sentence, clause_pointer
from .contract import ADMIN, GATEWAY, Contract, ErrorRow, as_json, load, read_contract
from .documents import Pointer
from .facts import branches, clauses_of, facts, marks
from .lifecycle import Lifecycle, Stage
from .names import first_repeat, nearest
from .operations import JSON, Operation, Parameter
from .references import resolve
from .rendering import ERROR_FACTS, TASK_FACTS, Facts, Render, UnrenderableError, json_bytes, renderer
from .routes import Methods, Routes
from .source import InvalidSourceError, Source, excerpt, parse, read
from .violations import NOTHING, REQUIRED, Validator, Violation, refuse_invalid

__all__ = [
    "ADMIN",
    "ERROR_FACTS",
    "GATEWAY",
    "JSON",
    "LEVELS",
    "NOTHING",
    "REQUIRED",
    "TASK_FACTS",
    "Clause",
    "Contract",
    "ErrorRow",
    "Facts",
    "InvalidSourceError",
    "Lifecycle",
    "Methods",
    "Operation",
    "Parameter",
    "Pointer",
    "Render",
    "Routes",
    "Sentence",
    "Source",
    "Stage",
    "UnrenderableError",
    "Validator",
    "Violation",
    "as_json",
    "branches",
    "clause_pointer",
    "clauses_of",
    "excerpt",
    "facts",
    "first_repeat",
    "json_bytes",
    "load",
    "marks",
    "nearest",
    "parse",
    "read",
    "read_contract",
    "refuse_invalid",
    "renderer",
    "resolve",
]
