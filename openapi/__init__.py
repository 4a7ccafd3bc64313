"""The contract: `gateway.yaml`, `admin.yaml` and the small code that reads them. Imports nothing of ours."""

from .clauses import LEVELS, Clause, Sentence, clause_pointer
from .contract import ADMIN, GATEWAY, Contract, ErrorRow, as_json, load, read_contract
from .documents import Pointer
from .error_rows import ERROR_WORDS
from .facts import branches, clauses_of, facts, fields_of, flat, known_fields, marks, own_references, parts
from .lifecycle import Lifecycle, Stage
from .names import first_repeat, nearest
from .operations import JSON, Operation, Parameter, examples_of
from .preconditions import AFFORDABLE, SOURCE_KNOWN, SOURCE_UNUSED, SOURCE_WITHIN, TASK_KNOWN, TASK_SUCCEEDED
from .references import resolve
from .rendering import ERROR_FACTS, MADE_RESULTS, Facts, Render, UnrenderableError, json_bytes, renderer, task_renderers
from .routes import Methods, Routes
from .samples import completed, sample_text
from .security import IN_QUERY, KeyScheme, in_place, out_of_place
from .source import InvalidSourceError, Source, excerpt, parse, read
from .violations import NOTHING, REQUIRED, Validator, Violation, refuse_invalid

__all__ = [
    "ADMIN",
    "AFFORDABLE",
    "ERROR_FACTS",
    "ERROR_WORDS",
    "GATEWAY",
    "IN_QUERY",
    "JSON",
    "LEVELS",
    "MADE_RESULTS",
    "NOTHING",
    "REQUIRED",
    "SOURCE_KNOWN",
    "SOURCE_UNUSED",
    "SOURCE_WITHIN",
    "TASK_KNOWN",
    "TASK_SUCCEEDED",
    "Clause",
    "Contract",
    "ErrorRow",
    "Facts",
    "InvalidSourceError",
    "KeyScheme",
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
    "completed",
    "examples_of",
    "excerpt",
    "facts",
    "fields_of",
    "first_repeat",
    "flat",
    "in_place",
    "json_bytes",
    "known_fields",
    "load",
    "marks",
    "nearest",
    "out_of_place",
    "own_references",
    "parse",
    "parts",
    "read",
    "read_contract",
    "refuse_invalid",
    "renderer",
    "resolve",
    "sample_text",
    "task_renderers",
]
