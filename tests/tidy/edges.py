"""Who may include whom. The tables are the architecture: an include that is not in them is a finding,
and a line is added only for a reason that a reviewer would give."""
import pathlib
import re

# folder under src/: the folders it may include besides its own.
FOLDERS = {
    "core": "",
    "store": "core",
    "net": "core",
    "archive": "core net",
    "sandbox": "core net",
    "workflow": "core store",
    "aws": "core net",
    "replication": "core net store",
    "service": "core store net sandbox aws",
    "services": "core store net aws service",
    "region": "core store net sandbox aws service services",
    "global": "core net aws service services",
    "topology": "core net aws service",
    "cli": "core net sandbox aws service region global topology",
}
# What only one service needs.
ALSO = {"cloudformation": "workflow", "codebuild": "archive workflow", "codepipeline": "archive workflow",
        "dynamodb": "replication", "lambda": "archive sandbox"}

# service: its parts from the bottom up; a part may include those to its left, and parts in one pair of
# parentheses each other. A part is a folder, or a file beside them; files not named are "service", the
# top. The shape is the same everywhere: errors and ports, model (pure), store, api, service.
SERVICES = {
    "acm": "errors ports model store state api service",
    "autoscaling": "errors ports model store engine api service",
    # Plans, views and meters are one state that the data plane and the control plane share.
    "apigateway": "errors ports model mapping store (state proxy) api service",
    "cloudformation": "errors ports model responses resources engine api service",
    "cloudwatch": "errors ports model store engine api service",
    "codebuild": "errors ports model store engine api service",
    # An action does not know the engine that runs it.
    "codepipeline": "errors ports model store actions engine api service",
    "dynamodb": "model store api service",
    "ecr": "errors service",
    "events": "errors ports model store delivery api service",
    "iam": "errors model store api service",
    # A package is unpacked as exec's host says, and an instance looks whether its code is there.
    "lambda": "errors ports model qualified_records layer_table function_table (code exec) credentials api "
    "url service",
    "logs": "errors model store api service",
    "route53": "ports model store probe api service",
    # One namespace over all regions: told of by the service, kept in another process.
    "s3": "errors ports model store api service names",
    "sts": "ports model service",
}


def parts_of(service):
    """{part: rank}"""
    ranks, rank, together = {}, 0, False
    for word in SERVICES[service].split():
        together = together or word.startswith("(")
        ranks[word.strip("()")] = rank
        if word.endswith(")"):
            together = False
        if not together:
            rank += 1
    return ranks


def place(relative):
    """(folder, service, part) of a path under src/."""
    parts = pathlib.PurePosixPath(relative).parts
    if parts[0] != "services" or len(parts) < 3:
        return parts[0], None, None
    name = parts[2].split(".")[0]
    if len(parts) == 3 and parts[1] in SERVICES and name not in parts_of(parts[1]):
        name = "service"
    return parts[0], parts[1], name


def complaint(includer, included):
    """What is wrong with an include, both given as paths under src/, or None. Tests may use every part
    of their own service."""
    folder, service, part = place(includer)
    to_folder, to_service, to_part = place(included)
    if folder not in FOLDERS or to_folder not in FOLDERS:
        return f"{folder if folder not in FOLDERS else to_folder}/ is not in tests/tidy/edges.py"
    if folder != to_folder:
        allowed = f"{FOLDERS[folder]} {ALSO.get(service, '')}".split()
        return None if to_folder in allowed else f"{folder}/ includes {to_folder}/: not in tests/tidy/edges.py"
    if folder != "services" or service is None:
        return None
    if service != to_service:
        return f"service {service} includes service {to_service}: needs go through ports.h"
    if service not in SERVICES:
        return f"service {service} is not in tests/tidy/edges.py"
    if re.search(r"(_test|testing|test_world)\.\w+$", includer) or part == to_part:
        return None
    ranks = parts_of(service)
    for each in (part, to_part):
        if each not in ranks:
            return f"services/{service}/{each} is not in tests/tidy/edges.py"
    if ranks[to_part] > ranks[part]:
        return f"{service}/{part} includes {service}/{to_part}: not in tests/tidy/edges.py"
    return None
