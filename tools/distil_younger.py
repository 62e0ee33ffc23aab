#!/usr/bin/env python3
"""Distils what AWS's API models have gained since Debian's botocore into services/<service>/younger.json.

Usage: distil_younger.py OLDER_DATA SERVICES_DIR/SERVICE/dialect.json...

Run by hand with a Python that has a newer botocore; OLDER_DATA is the data folder of Debian's,
/usr/lib/python3/dist-packages/botocore/data. tools/gen_models.py merges what is written here; its form is
the models' own. Kept are: new members of the shapes that existing operations reach, with the shapes they
need; inputs of operations that had none; values that enumerations have gained; constraints that have changed; new operations with their HTTP
bindings and, for the REST protocols, the bound members they require, by which a request for one is told
from another's. Of new operations no more is kept but of those that are served (SERVED), whose shapes come along.
"""
import json
import os
import sys

import botocore
import botocore.loaders

KEPT_OF_SHAPES = ("type", "required", "members", "member", "key", "value", "enum", "min", "max", "pattern",
                  "flattened", "locationName", "sensitive", "streaming", "payload", "box",
                  "timestampFormat", "xmlNamespace")
# A new operation that somebody writes stands here.
SERVED = ("InvokeWithResponseStream", "ListTagsForResource", "TagResource", "UntagResource")
CONSTRAINTS = ("required", "min", "max", "pattern")
KEPT_OF_REFERENCES = ("shape", "location", "locationName", "flattened", "streaming", "xmlAttribute",
                      "xmlNamespace", "idempotencyToken", "timestampFormat")


def reference(full):
    return {key: full[key] for key in KEPT_OF_REFERENCES if key in full}


def stripped(shape):
    kept = {key: shape[key] for key in KEPT_OF_SHAPES if key in shape}
    for part in ("member", "key", "value"):
        if part in kept:
            kept[part] = reference(kept[part])
    if "members" in kept:
        kept["members"] = {name: reference(full) for name, full in kept["members"].items()}
    return kept


def referred(shape):
    parts = [shape[part] for part in ("member", "key", "value") if part in shape]
    return [full["shape"] for full in parts + list(shape.get("members", {}).values())]


class Difference:
    def __init__(self, older, newer):
        self.older, self.newer = older, newer
        self.shapes = {}

    def need(self, name):
        """The shape and all it refers to, unless the older model has it."""
        if name in self.older["shapes"] or name in self.shapes:
            return
        self.shapes[name] = stripped(self.newer["shapes"][name])
        for other in referred(self.newer["shapes"][name]):
            self.need(other)

    def reached(self):
        """Older shapes that operations or their errors lead to, by shapes of the newer model."""
        found, todo = set(), []
        for name in self.older["operations"]:
            operation = self.newer["operations"].get(name, {})
            ends = [operation.get("input"), operation.get("output"), *operation.get("errors", [])]
            todo += [end["shape"] for end in ends if end]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += referred(self.newer["shapes"][name])
        return sorted(found & set(self.older["shapes"]))

    def members(self):
        gained = {}
        for name in self.reached():
            had = self.older["shapes"][name].get("members", {})
            has = self.newer["shapes"][name].get("members", {})
            new = {member: reference(full) for member, full in has.items() if member not in had}
            if new:
                gained[name] = new
                for full in new.values():
                    self.need(full["shape"])
        return gained

    def inputs(self):
        """Of older operations that had none."""
        gained = {}
        for name, operation in self.older["operations"].items():
            given = self.newer["operations"].get(name, {}).get("input")
            if given and "input" not in operation:
                gained[name] = given["shape"]
                self.need(given["shape"])
        return gained

    def enums(self):
        gained = {}
        for name in self.reached():
            had = self.older["shapes"][name].get("enum", [])
            new = [value for value in self.newer["shapes"][name].get("enum", []) if value not in had]
            if had and new:
                gained[name] = new
        return gained

    def constraints(self):
        """The newer ones of shapes that had others, whole."""
        changed = {}
        for name in self.reached():
            had, has = ({key: shape[key] for key in CONSTRAINTS if shape.get(key)}
                        for shape in (self.older["shapes"][name], self.newer["shapes"][name]))
            if had != has:
                changed[name] = has
        return changed

    def operations(self):
        rest = self.newer["metadata"]["protocol"].startswith("rest")
        new = {}
        for name in sorted(set(self.newer["operations"]) - set(self.older["operations"])):
            operation = self.newer["operations"][name]
            new[name] = {"http": {key: operation["http"][key] for key in ("method", "requestUri")}}
            if name in SERVED:
                for end in ("input", "output"):
                    new[name][end] = reference(operation[end])
                    self.need(operation[end]["shape"])
                continue
            given = self.newer["shapes"].get(operation.get("input", {}).get("shape"), {})
            bound = {member: reference(full) for member, full in given.get("members", {}).items()
                     if member in given.get("required", []) and full.get("location") in ("querystring", "header")}
            if rest and bound:
                new[name]["requires"] = bound
                for full in bound.values():
                    self.need(full["shape"])
        return new

    def document(self):
        members, inputs = self.members(), self.inputs()
        enums, operations = self.enums(), self.operations()
        return {"source": f"AWS's public API models as of botocore {botocore.__version__}",
                "members": members, "inputs": inputs, "enums": enums, "constraints": self.constraints(),
                "operations": operations,
                "shapes": dict(sorted(self.shapes.items()))}


def text(document):
    """An entry a line, so that a change reads well."""
    parts = []
    for key, value in document.items():
        if isinstance(value, str):
            parts.append(f"  {json.dumps(key)}: {json.dumps(value)}")
            continue
        rows = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
        parts.append(f"  {json.dumps(key)}: {{\n{rows}\n  }}" if rows else f"  {json.dumps(key)}: {{}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    loader = botocore.loaders.Loader()
    for path in sys.argv[2:]:
        folder = os.path.dirname(path)
        with open(path, encoding="utf-8") as file:
            dialect = json.load(file)
        version = dialect["api_version"]
        service = dialect.get("service", os.path.basename(folder))
        with open(os.path.join(sys.argv[1], service, version, "service-2.json"), encoding="utf-8") as file:
            older = json.load(file)
        newer = loader.load_service_model(service, "service-2", version)
        with open(os.path.join(folder, "younger.json"), "w", encoding="utf-8") as file:
            file.write(text(Difference(older, newer).document()))


if __name__ == "__main__":
    main()
