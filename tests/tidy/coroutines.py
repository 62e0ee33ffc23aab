"""Coroutines start in one place and keep what they use: references and captures outlive their targets
when a coroutine is suspended, and nothing but core::TaskGroup knows of a root that is started beside it."""
import re

from code_text import closing, line_of, strip_code

# What the caller keeps for as long as the call lasts may come by reference: the frame's own objects for
# one request or call, and the pools of the process.
KEPT_BY_THE_CALLER = {"HandlerContext", "RequestContext", "Context", "Scope", "State", "TablePlane",
                      "Exchange", "Row", "TcpConnection", "Workers"}

# Besides core/task and tests. A file goes from this list when core/task can do what it needs; none comes.
STARTS_ROOTS = {
    "src/cli/client.h": "runs one task to its end on a loop of its own",
    "src/cli/client.cc": "the same",
    "src/service/process.cc": "the loop ends when stop() has",
    "src/service/waiting_room.cc": "the same",
    "src/topology/deploy_stacks.cc": "stacks side by side, all awaited",
    "src/region/wiring.cc": "an invocation that goes on when API Gateway has stopped waiting",
    "src/region/gateway_calls.cc": "the same of a service's answer",
}

_TASK = re.compile(r"\b(?:Task|awaitable)<")
_LAMBDA = re.compile(r"\[([^\[\]]*)\]\s*\(")


def _parameters(text):
    """Split at the commas that stand in no bracket."""
    found, depth, begin = [], 0, 0
    for index, char in enumerate(text):
        if char in "<({[":
            depth += 1
        elif char in ">)}]":
            depth -= 1
        elif char == "," and depth == 0:
            found.append(text[begin:index])
            begin = index + 1
    return [" ".join(each.split()) for each in [*found, text[begin:]] if each.strip()]


def _without_lambdas(body):
    """What a lambda inside awaits is its own."""
    while match := re.search(r"\[[^\[\]]*\]\s*(?:\([^()]*\))?[^{};]*\{", body):
        end = closing(body, match.end(), "{}")
        if end is None:
            break
        body = body[:match.start()] + body[end + 1:]
    return body


def _complaint(parameter):
    """What is wrong with a coroutine's parameter, or None."""
    # A reference inside of a type's own brackets is another function's.
    bare = parameter.split("=")[0]
    while (inner := re.sub(r"<[^<>]*>|\([^()]*\)", "", bare)) != bare:
        bare = inner
    if "&" not in bare:
        return None
    kind = re.match(r"(?:\w+::)*(\w+)\s*&(?!&)", bare)
    if kind and kind.group(1) in KEPT_BY_THE_CALLER:
        return None
    return f"coroutine parameter '{parameter}' is a reference: take it by value (core/task.h)"


def reference_parameters(text):
    """(line, complaint) for functions and lambdas that return a Task."""
    code = strip_code(text)
    found = []
    for match in _TASK.finditer(code):
        end = closing(code, match.end(), "<>")
        named = end and re.compile(r"\s+[\w:~]+\s*\(").match(code, end + 1)
        if named:
            close = closing(code, named.end())
            found += [(line_of(code, match.start()), complaint)
                      for each in _parameters(code[named.end():close])
                      if (complaint := _complaint(each))]
    for match in _LAMBDA.finditer(code):
        close = closing(code, match.end())
        after = close and re.compile(r"\s*(?:mutable\s*)?->\s*(?:\w+::)*Task<").match(code, close + 1)
        if not after:
            continue
        line = line_of(code, match.start())
        found += [(line, complaint) for each in _parameters(code[match.end():close])
                  if (complaint := _complaint(each))]
        brace = code.find("{", after.end())
        body = _without_lambdas(code[brace + 1:closing(code, brace + 1, "{}")])
        if match.group(1).strip() and re.search(r"\bco_(?:await|return)\b", body):
            found.append((line, f"lambda coroutine captures [{match.group(1).strip()}]: a frame outlives "
                                "its lambda; pass it as a parameter (core/task.h)"))
    return found


def stray_roots(path, text):
    """(line, complaint) for coroutines started elsewhere than in core/task."""
    if path.startswith("src/core/task") or path.endswith("_test.cc") or "test" in path.split("/")[-1] \
            or path in STARTS_ROOTS:
        return []
    code = strip_code(text)
    return [(line_of(code, match.start()), "co_spawn: start roots with core::TaskGroup, which stops them")
            for match in re.finditer(r"\bco_spawn\(", code)]
