#!/usr/bin/python3
"""Distils botocore's API models, and the services' dialects, into C++ tables.

Usage: gen_models.py OUT_DIR SERVICES_DIR/SERVICE/dialect.json...

A service's dialect says which version of its model is meant, where AWS takes more than that says, and
what src/aws/dialect.h lists. younger.json beside it holds what AWS has added since the installed botocore
was published (tools/distil_younger.py); what both have is botocore's. Writes OUT_DIR/<folder>.cc for each service, OUT_DIR/index.cc with the
list of them and the unusual protocols of all others, and OUT_DIR/dialects.cc. The row types are in src/aws/model_tables.h; the order of
initialisers below must match them. Files whose content would not change are left alone, so that
nothing is recompiled without need.
"""
import json
import os
import re
import sys

import botocore

from string_pool import Pool, write

DATA = os.path.join(os.path.dirname(botocore.__file__), "data")

TYPES = ["structure", "list", "map", "string", "blob", "boolean", "integer", "long", "float",
         "double", "timestamp"]
LOCATIONS = [None, "uri", "querystring", "header", "headers", "statusCode"]
TIMESTAMPS = [None, "iso8601", "rfc822", "unixTimestamp"]
PROTOCOLS = {"json": 0, "rest-json": 1, "rest-xml": 2, "query": 3}

# Bits of MemberRow::flags and ShapeRow::flags; model_tables.h names them.
REQUIRED, ATTRIBUTE, STREAMING, IDEMPOTENCY, FLATTENED, HOST_LABEL, NAMED, YOUNGER = (
    1 << bit for bit in range(8))
HAS_MIN, HAS_MAX, SHAPE_FLATTENED, SENSITIVE, SHAPE_STREAMING, EXCEPTION, SENDER_FAULT = (
    1 << bit for bit in range(7))
NO_AUTH, DEPRECATED, CHECKSUM_REQUIRED = (1 << bit for bit in range(3))
NONE = 0xFFFF
# Of the services without a model of their own here: what their requests' looks do not tell.
UNUSUAL_PROTOCOLS = ("rest-xml", "ec2")
# What a dialect says of the model, by shape, because AWS has moved on since the installed botocore was
# published; the service checks these values itself.
#   open_enums     enumerations that have grown
#   open_lengths   strings that may be longer: zone ids that carry their path, as they are given out, and
#                  those whose limit the service tells in words of its own
#   names_or_arns  inputs whose TableName takes an ARN, too
OF_THE_MODEL = ["api_version", "open_enums", "open_lengths", "names_or_arns"]
# Members of aws::Dialect in their order, with their C++ kind.
DIALECT = {
    "service": "text", "global": "flag", "regional_host": "flag", "older_prefix": "text",
    "account_prefix": "text", "also_speaks": "text", "absent_services": "services", "names_in_host": "flag", "aws_chunked": "flag",
    "older_signatures": "flag", "object_signing": "flag", "signs_all_headers": "flag",
    "keeps_slashes": "flag",
    "own_constraints": "flag", "inputs_in_paths": "flag", "schema": "flag", "xml_namespace": "text",
    "whole_body_mib": "number", "source_body_mib": "number",
    "younger_subresources": "words", "free_query": "flag",
    "request_id_length": "number", "whole_seconds": "flag",
    "checksummed": "flag", "plain_xml": "flag", "roots": "pairs", "bad_parameter": "text",
    "constraint": "text", "binding": "text", "error_namespace": "text", "message_member": "text",
    "capital_message": "words", "says_whose_fault": "flag", "refusal_status": "number",
    **{error: "error" for error in (
        "malformed", "unknown_operation", "missing_authentication", "invalid_token", "dead_key",
        "expired_token", "skewed", "wrong_signature", "malformed_signature", "internal",
        "unavailable", "too_large", "busy", "slow")}}


def merge(model, younger):
    """Adds what the model does not have yet; a newer botocore may have some of it."""
    shapes = model["shapes"]
    for name, shape in younger["shapes"].items():
        shapes.setdefault(name, shape)
    for name, members in younger["members"].items():
        for member, reference in members.items():
            shapes[name]["members"].setdefault(member, {**reference, "younger": True})
    for name, shape in younger["inputs"].items():
        model["operations"][name].setdefault("input", {"shape": shape})
    for name, constraints in younger["constraints"].items():
        for key in ("required", "min", "max", "pattern"):
            shapes[name].pop(key, None)
        shapes[name].update(constraints)
    for name, values in younger["enums"].items():
        enum = shapes[name]["enum"]
        enum += [value for value in values if value not in enum]
    for name, operation in younger["operations"].items():
        if name in model["operations"]:
            continue
        model["operations"][name] = {key: operation[key] for key in ("http", "input", "output") if key in operation}
        if "requires" in operation:
            # By these, one request of several for a path is told from the others.
            shapes[name + "Input"] = {"type": "structure", "members": operation["requires"],
                                      "required": list(operation["requires"])}
            model["operations"][name]["input"] = {"shape": name + "Input"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def newest(service):
    """The path of the model of a service that has no dialect to say which version is meant."""
    versions = os.listdir(os.path.join(DATA, service))
    return os.path.join(DATA, service, max(versions), "service-2.json")


def metadata(path):
    """Of a model; nearly always without reading the megabytes behind it."""
    with open(path, encoding="utf-8") as file:
        head = re.match(r'{\s*"version":\s*"[^"]*",\s*"metadata":\s*', file.read(4_096))
        if head is None:
            return read(path)["metadata"]
        file.seek(head.end())
        return json.JSONDecoder().raw_decode(file.read(4_096))[0]


def unusual_protocols():
    """{(name, protocol)}: signing names and endpoint prefixes, of all services."""
    found = set()
    for service in sorted(os.listdir(DATA)):
        if os.path.isdir(os.path.join(DATA, service)) and os.path.exists(newest(service)):
            meta = metadata(newest(service))
            if meta["protocol"] in UNUSUAL_PROTOCOLS:
                names = {meta["endpointPrefix"], meta.get("signingName", meta["endpointPrefix"])}
                found |= {(name, meta["protocol"]) for name in names}
    return found


class Service:
    def __init__(self, name, dialect, younger):
        self.model = read(os.path.join(DATA, name, dialect["api_version"], "service-2.json"))
        merge(self.model, younger)
        self.dialect = dialect
        for structure in dialect.get("names_or_arns", []):
            shapes = self.model["shapes"]
            shapes["TableNameOrArn"] = {"type": "string", "min": 1, "max": 1024}
            shapes[structure]["members"]["TableName"]["shape"] = "TableNameOrArn"
        self.name = name
        self.pool = Pool()
        self.shape_names = sorted(self.model["shapes"])
        self.shape_index = {shape: i for i, shape in enumerate(self.shape_names)}
        self.members, self.shapes, self.operations = [], [], []
        self.values, self.errors = [], []

    def member(self, name, reference, required=False):
        text = self.pool
        wire = reference.get("locationName")
        flags = (REQUIRED * required | ATTRIBUTE * bool(reference.get("xmlAttribute"))
                 | STREAMING * bool(reference.get("streaming"))
                 | IDEMPOTENCY * bool(reference.get("idempotencyToken"))
                 | FLATTENED * bool(reference.get("flattened"))
                 | HOST_LABEL * bool(reference.get("hostLabel")) | NAMED * (wire is not None)
                 | YOUNGER * bool(reference.get("younger")))
        target = self.model["shapes"][reference["shape"]]
        space = reference.get("xmlNamespace") or target.get("xmlNamespace", {})
        space = {"uri": space} if isinstance(space, str) else space
        self.members.append(
            f"{{{text(name)}u,{text(wire or name)}u,{text(space.get('uri'))}u,"
            f"{text(space.get('prefix'))}u,{self.shape_index[reference['shape']]},"
            f"{LOCATIONS.index(reference.get('location'))},"
            f"{TIMESTAMPS.index(reference.get('timestampFormat'))},{flags}}}")

    def add_children(self, shape):
        """Returns first and count: members, enum values, the list's element, or key and value."""
        kind = shape["type"]
        if kind == "string":
            first = len(self.values)
            self.values += [f"{self.pool(value)}u" for value in shape.get("enum", [])]
            return first, len(self.values) - first
        first = len(self.members)
        if kind == "structure":
            required = shape.get("required", [])
            for name, reference in shape["members"].items():
                self.member(name, reference, name in required)
        elif kind == "list":
            self.member("member", shape["member"])
        elif kind == "map":
            self.member("key", shape["key"])
            self.member("value", shape["value"])
        return first, len(self.members) - first

    def shape(self, name):
        shape = self.model["shapes"][name]
        if name in self.dialect.get("open_enums", []):
            shape = {**shape, "enum": []}
        if name in self.dialect.get("open_lengths", []):
            shape = {key: value for key, value in shape.items() if key != "max"}
        text = self.pool
        first, count = self.add_children(shape)
        error = shape.get("error", {})
        payload = NONE
        if "payload" in shape:
            payload = list(shape["members"]).index(shape["payload"])
        is_error = "error" in shape or shape.get("exception", False)
        flags = (HAS_MIN * ("min" in shape) | HAS_MAX * ("max" in shape)
                 | SHAPE_FLATTENED * bool(shape.get("flattened"))
                 | SENSITIVE * bool(shape.get("sensitive"))
                 | SHAPE_STREAMING * bool(shape.get("streaming")) | EXCEPTION * bool(is_error)
                 | SENDER_FAULT * bool(error.get("senderFault")))
        low, high = int(shape.get("min", 0)), int(shape.get("max", 0))
        self.shapes.append(
            f"{{{low},{high},{text(name)}u,{text(shape.get('pattern'))}u,"
            f"{text(shape.get('locationName'))}u,{text(error.get('code', name if is_error else ''))}u,"
            f"{first},{count},{payload},{error.get('httpStatusCode', 0)},"
            f"{TYPES.index(shape['type'])},{TIMESTAMPS.index(shape.get('timestampFormat'))},{flags}}}")

    def operation(self, name):
        operation = self.model["operations"][name]
        text = self.pool
        http = operation["http"]
        given, returned = operation.get("input", {}), operation.get("output", {})
        first = len(self.errors)
        self.errors += [str(self.shape_index[e["shape"]]) for e in operation.get("errors", [])]
        flags = (NO_AUTH * (operation.get("authtype") == "none")
                 | DEPRECATED * bool(operation.get("deprecated"))
                 | CHECKSUM_REQUIRED * bool(operation.get("httpChecksumRequired") or operation.get(
                     "httpChecksum", {}).get("requestChecksumRequired")))
        self.operations.append(
            f"{{{text(name)}u,{text(http['method'])}u,{text(http['requestUri'])}u,"
            f"{text(given.get('locationName'))}u,{text(given.get('xmlNamespace', {}).get('uri'))}u,"
            f"{text(returned.get('resultWrapper'))}u,"
            f"{self.shape_index.get(given.get('shape'), NONE)},"
            f"{self.shape_index.get(returned.get('shape'), NONE)},"
            f"{http.get('responseCode', 200)},{first},{len(self.errors) - first},{flags}}}")

    def source(self):
        for name in self.shape_names:
            self.shape(name)
        for name in sorted(self.model["operations"]):
            self.operation(name)
        meta = self.model["metadata"]
        texts = [self.name, meta["endpointPrefix"], meta.get("signingName", meta["endpointPrefix"]),
                 meta["apiVersion"], meta.get("jsonVersion"), meta.get("targetPrefix"),
                 meta.get("xmlNamespace"), meta.get("globalEndpoint"), meta.get("serviceId")]
        heads = ",".join(f"{self.pool(text)}u" for text in texts)

        def table(kind, name, rows):
            body = ",\n".join(rows or ["{}"])
            return f"constexpr {kind} {name}[] = {{\n{body}}};\n"

        return (
            "// Generated by tools/gen_models.py. Do not edit.\n"
            '#include "aws/model_tables.h"\n\nnamespace tandem::aws::model::generated {\nnamespace {\n'
            f"constexpr char kPool[] =\n{self.pool.literal()};\n"
            + table("MemberRow", "kMembers", self.members) + table("ShapeRow", "kShapes", self.shapes)
            + table("OperationRow", "kOperations", self.operations)
            + table("Text", "kValues", self.values) + table("std::uint16_t", "kErrors", self.errors)
            + f"}}  // namespace\nextern const Tables {identifier(self.name)};\n"
            f"constexpr Tables {identifier(self.name)} = {{kPool,kMembers,kShapes,kOperations,kValues,"
            f"kErrors,{len(self.shapes)},{len(self.operations)},{PROTOCOLS[meta['protocol']]},"
            f"{{{heads}}}}};\n}}  // namespace tandem::aws::model::generated\n")


def identifier(name):
    return "k_" + name.replace("-", "_") + "_tables"


def literal(text):
    return json.dumps(text)


def dialect_tables(name, dialect):
    """The arrays that a dialect's row refers to, and the row."""
    arrays, fields = "", []
    for member, value in {"service": name, **dialect}.items():
        if member in OF_THE_MODEL:
            continue
        kind = DIALECT[member]
        if kind in ("words", "pairs"):
            array = f"k_{name}_{member}"
            of = "std::string_view" if kind == "words" else "std::pair<std::string_view, std::string_view>"
            entries = map(literal, value) if kind == "words" else (
                f"{{{literal(key)}, {literal(to)}}}" for key, to in value.items())
            arrays += f"constexpr {of} {array}[] = {{{', '.join(entries)}}};\n"
            value = array
        elif kind == "services":
            rows = []
            for absent in value:
                model = read(newest(absent))
                operations = ", ".join(map(literal, sorted(model["operations"])))
                arrays += f"constexpr std::string_view k_{name}_{absent}[] = {{{operations}}};\n"
                prefix = literal(model["metadata"]["targetPrefix"])
                rows.append(f"{{{literal(absent)}, {prefix}, k_{name}_{absent}}}")
            array = f"k_{name}_{member}"
            arrays += f"constexpr AbsentService {array}[] = {{{', '.join(rows)}}};\n"
            value = array
        elif kind == "error":
            value = f"{{{value[0]}, {literal(value[1])}, {literal(value[2])}}}"
        else:
            value = literal(value)
        fields.append((list(DIALECT).index(member), f".{member} = {value}"))
    return arrays, "{" + ", ".join(field for _, field in sorted(fields)) + "}"


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    folders, dialects, younger = {}, {}, {}
    for path in sys.argv[2:]:
        dialect = read(path)
        folder = os.path.basename(os.path.dirname(path))
        # botocore's name, where a folder has a shorter one.
        name = dialect.get("service", folder)
        folders[name] = folder
        dialects[name] = dialect
        younger[name] = read(os.path.join(os.path.dirname(path), "younger.json"))
    names = sorted(dialects)
    arrays, rows = "", []
    for name in names:
        write(os.path.join(out, folders[name] + ".cc"), Service(name, dialects[name], younger[name]).source())
        array, row = dialect_tables(name, dialects[name])
        arrays += array
        rows.append(row)
    listed = ",\n".join(rows)
    write(
        os.path.join(out, "dialects.cc"),
        "// Generated by tools/gen_models.py. Do not edit.\n"
        '#include "aws/dialect.h"\n\nnamespace tandem::aws {\nnamespace {\n'
        f"{arrays}constexpr Dialect kDialects[] = {{\n{listed}}};\n}}  // namespace\n"
        "std::span<const Dialect> dialects() { return kDialects; }\n}  // namespace tandem::aws\n")
    declared = "".join(f"extern const Tables {identifier(name)};\n" for name in names)
    listed = ", ".join(f"&{identifier(name)}" for name in names)
    unusual = ", ".join(f"{{{literal(name)}, {literal(protocol)}}}" for name, protocol in sorted(unusual_protocols()))
    write(
        os.path.join(out, "index.cc"),
        "// Generated by tools/gen_models.py. Do not edit.\n"
        '#include "aws/model.h"\n\nnamespace tandem::aws::model {\n'
        f"namespace {{\nconstexpr UnusualProtocol kUnusual[] = {{{unusual}}};\n}}  // namespace\n"
        "std::span<const UnusualProtocol> unusual_protocols() { return kUnusual; }\n"
        "namespace generated {\n"
        f"{declared}const Tables* const kServices[] = {{{listed}}};\n"
        f"const std::uint16_t kServiceCount = {len(names)};\n"
        "}  // namespace generated\n}  // namespace tandem::aws::model\n")


if __name__ == "__main__":
    main()
