# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of JSON Schema that the schemas in src/output/ use."""

import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).parents[2] / "src/output"
UNDERSTOOD = {"$schema", "title", "description", "type", "required", "definitions", "properties",
              "additionalProperties", "items", "minItems", "const", "enum", "pattern",
              "minimum", "maximum", "$ref"}
TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _value(rule, value, path):
    """Rules for one value, whatever is in it."""
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(TYPES[kind](value) for kind in kinds):
        yield f"{path} is {value!r}, not {' or '.join(kinds)}"
        return
    if "const" in rule and value != rule["const"]:
        yield f"{path} is {value!r}, not {rule['const']!r}"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{path} is {value!r}, not one of {rule['enum']}"
    if value is None:
        return
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield f"{path} is {value!r}, not like {rule['pattern']}"
    if "minimum" in rule and value < rule["minimum"]:
        yield f"{path} is {value}, below {rule['minimum']}"
    if "maximum" in rule and value > rule["maximum"]:
        yield f"{path} is {value}, above {rule['maximum']}"
    if "minItems" in rule and len(value) < rule["minItems"]:
        yield f"{path} has {len(value)} items only"


def _members(schema, rule, value, path):
    """Rules for the members of an object. One that the schema does not name is an error."""
    for name in rule.get("required", []):
        if name not in value:
            yield f"{path}.{name} is missing"
    named = rule.get("properties", {})
    for name, member in value.items():
        if name in named:
            yield from _check(schema, named[name], member, f"{path}.{name}")
        elif isinstance(rule.get("additionalProperties"), dict):
            yield from _check(schema, rule["additionalProperties"], member, f"{path}.{name}")
        else:
            yield f"{path}.{name} is not in the schema"


def _check(schema, rule, value, path):
    if "$ref" in rule:
        rule = {**schema["definitions"][rule["$ref"].rsplit("/", 1)[1]], **rule}
    for name in rule.keys() - UNDERSTOOD:
        yield f"the schema's '{name}' at {path} is not understood by this test"
    wrong = list(_value(rule, value, path))
    yield from wrong
    if not wrong and isinstance(value, dict):
        yield from _members(schema, rule, value, path)
    if not wrong and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(schema, rule.get("items", {}), item, f"{path}[{index}]")


def shell_complaints(document):
    """The same for what a command of the shell answers: each has a definition of its own."""
    schema = json.loads((FOLDER / "kswapck-shell.schema.json").read_text())
    if document.get("command") not in schema["properties"]["command"]["enum"]:
        return [f"no command {document.get('command')!r} in the schema"]
    return _check(schema, schema["definitions"][document["command"]], document, document["command"])


def complaints(report, name):
    """What a report has that the schema of that name forbids, and the other way round."""
    schema = json.loads((FOLDER / f"kswapck-{name}.schema.json").read_text())
    return _check(schema, schema, report, "report")
