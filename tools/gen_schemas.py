#!/usr/bin/python3
"""Distils CloudFormation's resource schemas into C++ tables.

Usage: gen_schemas.py OUT.cc SCHEMA_FOLDER

SCHEMA_FOLDER holds one registry schema a type (*.json, as `aws cloudformation describe-type` gives
them, without their prose and handlers) and type-names.txt, the names of all types that AWS has. The
row types are in src/services/cloudformation/resources/schema_tables.h; the order of initialisers below
must match them.
"""
import json
import pathlib
import sys

from string_pool import Pool, literal, write

KINDS = ["string", "integer", "number", "boolean", "json", "map", "array", "object"]
# Bits of MemberRow::flags and NodeRow::flags; schema_tables.h names them.
REQUIRED, CREATE_ONLY, CONDITIONAL, READ_ONLY, WRITE_ONLY = (1 << bit for bit in range(5))
HAS_MIN, HAS_MAX = 1, 2
# What the service takes and templates use, and AWS's schema has not.
ALSO = {"AWS::Route53::HealthCheck": {"HealthCheckConfig": {"Disabled": {"type": "boolean"}}}}


class Tables:
    def __init__(self):
        self.pool = Pool()
        self.nodes, self.members, self.values, self.types = [], [], [], []
        self.known = {}

    def once(self, rows, made):
        """Where rows has this run of rows; equal runs are shared."""
        key = (id(rows), tuple(made))
        if key not in self.known:
            self.known[key] = len(rows)
            rows += made
        return self.known[key]

    def type(self, schema):
        also = ALSO.get(schema["typeName"], {})
        for name, more in also.items():
            schema["properties"][name]["properties"].update(more)
        self.schema = schema
        self.flags = {}
        for key, flag in (("createOnlyProperties", CREATE_ONLY), ("readOnlyProperties", READ_ONLY),
                          ("conditionalCreateOnlyProperties", CONDITIONAL),
                          ("writeOnlyProperties", WRITE_ONLY)):
            for pointer in schema.get(key, []):
                path = pointer.removeprefix("/properties/").replace("/properties/", "/")
                self.flags[path] = self.flags.get(path, 0) | flag
        root = self.node({"type": "object", "properties": schema["properties"],
                          "required": schema.get("required", [])}, "", ())
        identifier = " ".join(one.removeprefix("/properties/")
                              for one in schema["primaryIdentifier"])
        self.types.append(f"{{{self.pool(schema['typeName'])}u,{self.pool(identifier)}u,{root}}}")

    def node(self, schema, path, inside):
        """The index of the row of a schema that stands at path, within these definitions."""
        while "$ref" in schema:
            name = schema["$ref"].removeprefix("#/definitions/")
            if name in inside:  # of itself: whatever is in there
                return self.row("json")
            inside += (name,)
            schema = {**self.schema["definitions"][name],
                      **{key: value for key, value in schema.items() if key != "$ref"}}
        # An alternative of a list and the text that it once was is the list.
        for one in schema.get("oneOf", []) + schema.get("anyOf", []):
            if "type" not in schema and ("$ref" in one or one.get("type") == "array"):
                return self.node(one, path, inside)
        kind = schema.get("type")
        if isinstance(kind, list):
            # What may be a number or a text is a text, as whatever reads it wants it.
            kind = "string" if {"string", "number"} <= set(kind) else "json"
        if kind == "array":
            # A list of nobody says what.
            item = self.node(schema.get("items", {}), path + "/*", inside)
            return self.row("array", item, 0, schema.get("minItems"), schema.get("maxItems"))
        if kind == "object" and "properties" in schema:
            return self.object(schema, path, inside)
        if kind == "object" and schema.get("patternProperties"):
            value = self.node(next(iter(schema["patternProperties"].values())), path + "/*", inside)
            return self.row("map", value)
        if kind not in ("string", "integer", "number", "boolean"):
            return self.row("json")
        values = [f"{self.pool(str(value))}u" for value in schema.get("enum", [])]
        low = schema.get("minLength", schema.get("minimum"))
        high = schema.get("maxLength", schema.get("maximum"))
        return self.row(kind, self.once(self.values, values) if values else 0, len(values), low, high)

    def object(self, schema, path, inside):
        rows = []
        for name, one in sorted(schema["properties"].items()):
            where = f"{path}/{name}".lstrip("/")
            flags = self.flags.get(where, 0) | REQUIRED * (name in schema.get("required", []))
            rows.append(f"{{{self.pool(name)}u,{self.node(one, where, inside)},{flags}}}")
        return self.row("object", self.once(self.members, rows), len(rows))

    def row(self, kind, first=0, count=0, low=None, high=None):
        flags = HAS_MIN * (low is not None) | HAS_MAX * (high is not None)
        return self.once(self.nodes, [f"{{{low or 0},{high or 0},{first},{count},"
                                      f"{KINDS.index(kind)},{flags}}}"])

    def source(self, names):
        def table(kind, name, rows):
            body = ",\n".join(rows or ["{}"])
            return f"constexpr {kind} {name}[] = {{\n{body}}};\n"

        lines = literal(name + "\n" for name in names)
        return (
            "// Generated by tools/gen_schemas.py. Do not edit.\n"
            '#include "services/cloudformation/resources/schema_tables.h"\n\n'
            "namespace tandem::cloudformation::schema {\nnamespace {\n"
            f"constexpr char kPool[] =\n{self.pool.literal()};\n"
            f'constexpr char kTypeNames[] = "\\n"\n{lines};\n'
            + table("MemberRow", "kMembers", self.members) + table("NodeRow", "kNodes", self.nodes)
            + table("TypeRow", "kTypes", self.types) + table("Text", "kValues", self.values)
            + "}  // namespace\n"
            f"const Tables kTables = {{kPool,kMembers,kNodes,kTypes,kValues,kTypeNames,"
            f"{len(self.types)}}};\n}}  // namespace tandem::cloudformation::schema\n")


def main():
    out, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    tables = Tables()
    for file in sorted(folder.glob("*.json")):
        tables.type(json.loads(file.read_text(encoding="utf-8")))
    names = (folder / "type-names.txt").read_text(encoding="utf-8").split()
    out.parent.mkdir(parents=True, exist_ok=True)
    write(out, tables.source(names))


if __name__ == "__main__":
    main()
