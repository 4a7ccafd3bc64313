"""A contract as code generators read it best: OpenAPI 3.0, one name for each thing, no rule that types can't say."""

from collections.abc import Mapping
from typing import Any

_ERROR = "GatewayError"  # many languages have an Error of their own
_DROPPED = frozenset(
    {"const", "examples", "if", "then", "else", "not", "title", "links", "jsonSchemaDialect", "$schema"}
)
_NAMES = frozenset({"properties", "schemas", "responses", "parameters", "paths", "securitySchemes"})


def for_codegen(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without what generators stumble over; what it describes stays the same.

    A body with a field that may be spelt in two ways keeps the first one, which becomes required.
    """
    found: dict[str, Any] = _plain(document)
    info = dict(document["info"])
    found["openapi"] = "3.0.3"
    found["info"] = {name: value for name, value in info.items() if name not in {"summary", "license"}}
    if "license" in info:
        found["info"]["license"] = {"name": info["license"]["name"]}
    _name_bodies(found)
    schemas = found["components"]["schemas"]
    for name in list(schemas):
        _name_parts(schemas, name, schemas[name])
    return found


def _plain(node: Any, *, names: bool = False) -> Any:
    """Return a node without extensions and conditions; `names`: its keys are names, and none of them is a keyword."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    if names:
        return {_ERROR if name == "Error" else name: _plain(value) for name, value in node.items()}
    node = _one_spelling(node)
    if "$ref" in node:
        return {"$ref": _value("$ref", node["$ref"])}  # OpenAPI 3.0 ignores what stands beside it
    several = isinstance(node.get("type"), list)  # what is left of it is said in the old words
    kept = {name: value for name, value in node.items() if not name.startswith("x-") and name not in _DROPPED}
    kept = {name: value for name, value in kept.items() if not (several and name == "type")}
    if "allOf" in kept and all("if" in one for one in kept["allOf"]):
        del kept["allOf"]
    return {**{name: _value(name, value) for name, value in kept.items()}, **_old_words(node)}


def _value(name: str, value: Any) -> Any:
    if name == "$ref":
        return value.replace("/schemas/Error", f"/schemas/{_ERROR}") if value.endswith("/Error") else value
    if name in {"example", "default", "enum", "required", "value"}:
        return value
    return _plain(value, names=name in _NAMES)


def _old_words(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what OpenAPI 3.0 says in the place of words that came later."""
    words: dict[str, Any] = {}
    if "const" in schema:
        words["enum"] = [schema["const"]]
        words.setdefault("type", "string" if isinstance(schema["const"], str) else schema.get("type"))
    for bound, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if bound in schema:
            words |= {plain: schema[bound], bound: True}
    if isinstance(schema.get("type"), list):
        kinds = [one for one in schema["type"] if one != "null"]
        words |= {"type": kinds[0]} if len(kinds) == 1 else {}
        words |= {"nullable": True} if "null" in schema["type"] else {}
    return words


def _one_spelling(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema in which a field that has another spelling is required, and the other one is gone."""
    other = schema.get("if", {}).get("not", {}).get("required") if isinstance(schema.get("if"), Mapping) else None
    if not other:
        return schema
    needed = [*schema.get("required", ()), *schema["then"]["required"]]
    properties = {name: value for name, value in schema["properties"].items() if name not in other}
    return {**schema, "required": needed, "properties": properties}


def _name_bodies(document: dict[str, Any]) -> None:
    """Give the body of each request a name."""
    for path in document["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict) or "requestBody" not in operation:
                continue
            for content in operation["requestBody"]["content"].values():
                _name_body(document, operation["operationId"], content)


def _name_body(document: dict[str, Any], operation: str, content: dict[str, Any]) -> None:
    schema = content.get("schema", {})
    if "properties" not in schema:
        return
    name = f"{operation[0].upper()}{operation[1:]}Request"
    document["components"]["schemas"][name] = schema
    content["schema"] = {"$ref": f"#/components/schemas/{name}"}


def _name_parts(schemas: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    """Give each object within a schema a name of its own."""
    for field, part in schema.get("properties", {}).items():
        if "properties" not in part:
            continue
        inner = f"{name}{field[0].upper()}{field[1:]}"
        _name_parts(schemas, inner, part)
        schemas[inner] = part
        schema["properties"][field] = {"$ref": f"#/components/schemas/{inner}"}
