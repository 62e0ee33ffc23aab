#!/usr/bin/env python3
"""Holds the house to its rules: include arrows (edges.py), coroutines (coroutines.py), named invariants
(invariants.py), sizes, banned calls, sources that tests cite, self-contained headers.

    tests/tidy/tidy.py            everything but the headers
    tests/tidy/tidy.py --headers  compiles every header on its own (needs the compile flags of a
                                  build: --build build/release); with --selected those that
                                  tests/tidy/selection.py chooses

Prints a line a finding and exits 1 when there is any.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import code_text
import coroutines
import edges
import invariants
import selection
from code_text import strip_code

ROOT = selection.ROOT
SRC = ROOT / "src"

LIMITS = {".cc": 600, ".h": 300}
TEST_LIMIT = 800
FUNCTION_LIMIT = 70
# More than these do not fit into their minutes (selection.py).
AT_MOST_TOUCHED_HEADERS = 48

# pattern, why, files it is allowed in
BANNED = [
    (r"\basio::detached\b", "start roots with core::TaskGroup", ()),
    (r"\bstd::this_thread::sleep", "wait for a condition, never for time", ()),
    (r"(?<![\w:.>])(?:sleep|usleep)\(", "wait for a condition, never for time", ()),
    (r"(?<![\w:.>])(?:system|popen)\(", "use net::ChildProcess", ()),
    (r"\b(?:strcpy|strcat|sprintf|vsprintf|gets)\(", "unbounded copy", ()),
    (r"\bstd::(?:cout|cerr)\b", "use core/log.h, or print() in cli/", ()),
    (r"(?<![\w:.>])(?:printf|puts)\(", "use core/log.h, or print() in cli/", ()),
    (r"(?<![\w:.>])(?:rand|srand)\(", "take a core::Random", ()),
    (r"\bstd::(?:random_device|mt19937)\b", "take a core::Random", ("src/core/random.h",)),
    (r"\bsystem_clock::now\(", "take a core::Clock", ("src/core/clock.cc",)),
    (r"catch \(\.\.\.\) \{\s*\}", "never swallow", ()),
]
# Time, chance, threads, disks and the network are a World's (service/world.h). Who makes them: the
# shell of a process, and what listens beside it; the command line and the deployer, which are processes
# of their own; tests.
WORLD = [
    (r"\b(?:asio::)?(?:steady_timer|system_timer|high_resolution_timer)\b", "use core::Timer"),
    (r"\bsteady_clock\b", "use core::TimerClock"),
    (r"\basio::thread_pool\b", "take core::Workers"),
    (r"\b(?:core::)?System(?:Clock|Random)\b", "take what the World gives"),
    (r"\b(?:WorkerThreads|TcpNetwork|TcpHttpClient|TcpEndpointProber|DiskStores|OpenSslKeys)\b",
     "take what the World gives"),
    (r"\b(?:open_rocksdb|make_memory_store)\(", "take the World's stores"),
]
WORLD_MAKERS = re.compile(
    r"src/(?:core/(?:clock|random|timer|workers)\.|net/(?:network|tcp_network|tcp_http_client|"
    r"endpoint_probe|key_maker|http_supervision|handshake_room)\.|store/(?:engines|rocksdb_store|"
    r"memory_store|faulty_store)\.|service/(?:process|lives|waiting_room)\.|cli/|topology/|pch\.h)"
    r"|.*(?:_test\.cc|testing\.h|test_world\.h)$")
# What sets a service apart is data of its own (services/<service>/dialect.json): the folders below
# services/ compare with no service's name. Allowed: what a sandboxed machine is called, and who an access
# key was made by.
BELOW_SERVICES = {"core", "net", "store", "aws", "replication", "sandbox", "service"}
MAY_NAME_A_SERVICE = {"src/sandbox/bubblewrap.cc", "src/service/key_mint.h"}
PYTHON_BANNED = [(r"\btime\.sleep\(", "wait for a condition with support.wait_for",
                  ("tests/support/waiting.py", "notebook/clients.py"))]

findings = []


def report(path, line, text):
    findings.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def sources(*patterns):
    return [ROOT / name for name in selection.files(*patterns)]


def check_includes(path, text):
    relative = path.relative_to(SRC)
    if len(relative.parts) < 2:
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'#include "([^"]+)"', line)
        if not match:
            continue
        target = pathlib.PurePosixPath(match.group(1))
        if target.parts[0] == "generated" or target.parts[0] == "models":
            continue
        if not (SRC / target).is_file():
            report(path, number, f'include "{target}" is not a path from src/')
        elif complaint := edges.complaint(str(relative), str(target)):
            report(path, number, complaint)


def check_coroutines(path, text):
    relative = str(path.relative_to(ROOT))
    for line, complaint in (*coroutines.stray_roots(relative, text),
                            *coroutines.reference_parameters(text)):
        report(path, line, complaint)


def check_sizes(path, text):
    lines = text.count("\n")
    is_test = path.name.endswith("_test.cc") or "tests" in path.relative_to(ROOT).parts[:1]
    limit = TEST_LIMIT if is_test else LIMITS[path.suffix]
    if lines > limit:
        report(path, 1, f"{lines} lines; the limit is {limit}: split by meaning")
    if not is_test:
        check_function_sizes(path, text)


def check_function_sizes(path, text):
    """A block that is not a namespace, class, table or the like, and is in no other such block."""
    opener = re.compile(r"(namespace|class|struct|union|enum|extern)\b|=\s*\{$|\breturn\s*\{$")
    stack = []
    statement = ""
    start = 1
    for number, line in enumerate(strip_code(text).splitlines(), 1):
        if line.startswith("#"):
            continue
        for char in line:
            if char == "{":
                head = statement.strip()
                is_function = ")" in head and not opener.match(head) and not head.endswith("=")
                inside = any(kind for kind, _ in stack)
                stack.append((is_function and not inside, start if head else number))
                statement = ""
            elif char == "}":
                if stack:
                    kind, begin = stack.pop()
                    if kind and number - begin + 1 > FUNCTION_LIMIT:
                        report(path, begin, f"function of {number - begin + 1} lines; the limit is "
                                            f"{FUNCTION_LIMIT}")
                statement = ""
            elif char == ";":
                statement = ""
            else:
                if not statement.strip() and not char.isspace():
                    start = number
                statement += char
        statement += " "


def check_banned(path, text, table):
    code = text if path.suffix == ".py" else strip_code(text)
    for pattern, why, allowed in table:
        if str(path.relative_to(ROOT)) in allowed:
            continue
        for match in re.finditer(pattern, code):
            report(path, code.count("\n", 0, match.start()) + 1, f"{match.group(0)!r}: {why}")


def check_names_no_service(path, text, names):
    local = path.relative_to(ROOT)
    if (local.parts[1] not in BELOW_SERVICES or str(local) in MAY_NAME_A_SERVICE
            or path.name.endswith("_test.cc")):
        return
    for match in re.finditer(r'"([a-z0-9]+)"', code_text.without_comments(text)):
        if match.group(1) in names:
            report(path, code_text.line_of(text, match.start()),
                   f"{match.group(0)}: nothing below services/ names one: aws/dialect.h")


def check_cited(path, text, headings):
    """A test's source must be one that a reader can look up: a public page, or a heading of
    tests/measured.md."""
    for match in re.finditer(r"(?i)\[measured(?::\s*([^\]]*))?\]|\bmeasured on AWS\b"
                             r"|\breference (?:§|notes)|\(reference: |//\s*Measured\b", text):
        if match.group(1) in headings or match.group(1) == "heading":
            continue
        report(path, code_text.line_of(text, match.start()),
               f"cites {match.group(0)!r}: not a heading of tests/measured.md, [measured: …]")


def check_header_start(path, text):
    if "#pragma once" not in text:
        report(path, 1, "no #pragma once")


def check_readmes():
    for folder in sorted(SRC.iterdir()):
        subfolders = sorted(folder.iterdir()) if folder.name == "services" else [folder]
        for each in subfolders:
            if each.is_dir() and not (each / "README.md").is_file():
                report(each, 1, "no README.md")


def check_formats():
    """Each page of docs/formats names code that is there, and each service has one that names its code."""
    named = set()
    for page in sorted((ROOT / "docs/formats").glob("*.md")):
        found = re.findall(r"`(src/[\w/.{},]+)`", page.read_text())
        for path in found:
            stem = re.sub(r"\.\{[\w,]+\}$", "", path)
            if not (ROOT / stem).exists() and not list((ROOT / stem).parent.glob(pathlib.Path(stem).name + ".*")):
                report(page, 1, f"names {path}, which is not there")
        named.update(path.split("/")[2] for path in found if path.startswith("src/services/"))
        if not found:
            report(page, 1, "names none of the code that reads and writes it")
    for folder in sorted((SRC / "services").iterdir()):
        if folder.is_dir() and folder.name not in named:
            report(folder, 1, "no page of docs/formats names where its records are read and written")


def header_command(build):
    """The compile command of any source of ours, without its own input and output."""
    commands = json.loads((build / "compile_commands.json").read_text())
    for entry in commands:
        if entry["file"].endswith("src/core/text.cc"):
            words = shlex.split(entry["command"])
            kept = [w for w in words if w.startswith(("-D", "-I", "-std", "-isystem", "-pthread"))]
            return ["g++", *kept, "-fsyntax-only", "-x", "c++"]
    raise SystemExit("tidy: src/core/text.cc is not in compile_commands.json")


def check_headers(build, selected):
    command = header_command(build)
    kind = "headers on their own"
    everything = selection.files("src/*.h", "runtime/*.h")
    choice = selection.whole(kind, everything)
    if selected:
        tree = selection.Tree.of()
        choice = selection.choose(kind, everything,
                                  selection.touched_with_includers(tree, everything), tree,
                                  AT_MOST_TOUCHED_HEADERS)
    print(choice.line, flush=True)

    def compile_one(header):
        done = subprocess.run([*command, str(header)], capture_output=True, text=True)
        return header, done.returncode, done.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for header, code, errors in pool.map(compile_one, [ROOT / name for name in choice.items]):
            if code != 0:
                first = next((l for l in errors.splitlines() if "error:" in l), errors[:200])
                report(header, 1, f"does not compile on its own: {first}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--headers", action="store_true")
    arguments.add_argument("--selected", action="store_true")
    arguments.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    options = arguments.parse_args()
    if options.headers:
        check_headers(options.build, options.selected)
    else:
        services = {each.name for each in (SRC / "services").iterdir() if each.is_dir()}
        for path in sources("src/*.cc", "src/*.h"):
            text = path.read_text()
            check_names_no_service(path, text, services)
            check_includes(path, text)
            check_coroutines(path, text)
            check_sizes(path, text)
            check_banned(path, text, BANNED)
            if not WORLD_MAKERS.match(str(path.relative_to(ROOT))):
                check_banned(path, text, [(pattern, why, ()) for pattern, why in WORLD])
            if path.suffix == ".h":
                check_header_start(path, text)
        for path in sources("tests/*.cc", "tests/*.h", "runtime/*.cc", "runtime/*.h",
                            "sample-app/*.cc", "sample-app/*.h"):
            check_sizes(path, path.read_text())
        for path in sources("tests/*.py", "bench/*.py", "notebook/*.py"):
            check_banned(path, path.read_text(), PYTHON_BANNED)
        headings = re.findall(r"^## (.*)$", (ROOT / "tests/measured.md").read_text(), re.M)
        for path in sources("tests/*_test.cc", "tests/*.py", "src/*_test.cc", "runtime/*_test.cc"):
            if "tidy" not in path.parts:
                check_cited(path, path.read_text(), headings)
        check_readmes()
        check_formats()
        for path, line, text in invariants.findings(sources("src/*.cc", "src/*.h"),
                                                    sources("tests/*.cc", "src/*_test.cc")):
            report(path, line, text)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
