"""Judges calls of AWS's APIs by the models of whatever botocore the Python has that runs this: calls as JSON on
standard input, [[service, operation, parameters], ...], their faults on standard output, one a line. Binary
parameters are {"__bytes__": how many}."""
import json
import sys

import botocore.session
from botocore.validate import ParamValidator


def with_bytes(value):
    if isinstance(value, dict):
        if set(value) == {"__bytes__"}:
            return bytes(value["__bytes__"])
        return {key: with_bytes(member) for key, member in value.items()}
    return [with_bytes(member) for member in value] if isinstance(value, list) else value


def enumerations(shape, value, path):
    """botocore leaves values of enumerations to the service."""
    if value is None:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from enumerations(member, value.get(name), f"{path}.{name}")
    elif shape.type_name == "list":
        for each in value:
            yield from enumerations(shape.member, each, f"{path}[]")
    elif shape.type_name == "map":
        for each in value.values():
            yield from enumerations(shape.value, each, f"{path}{{}}")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"


def faults(session, models, call):
    service, operation, parameters = call[0], call[1], with_bytes(call[2])
    model = models.get(service) or models.setdefault(service, session.get_service_model(service))
    if operation not in model.operation_names:
        return ["there is no such operation"]
    operation_model = model.operation_model(operation)
    shape = operation_model.input_shape
    if shape is None:
        return ["it takes no parameters"] if parameters else []
    report = ParamValidator().validate(parameters, shape)
    found = report.generate_report().splitlines() if report.has_errors() else []
    found += [] if found else enumerations(shape, parameters, "input")
    return found + (["it is deprecated"] if operation_model.deprecated else [])


def main():
    session, models = botocore.session.get_session(), {}
    for call in json.load(sys.stdin):
        for fault in faults(session, models, call):
            print(f"{call[0]}.{call[1]}: {fault}")


main()
