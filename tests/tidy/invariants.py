"""Named invariants: stated where they hold, listed in their folder's README, checked by a test.

Code says INVARIANT(name) in a comment. The nearest README.md above it has a table whose last heading is
"checked by", with a row for the name and the tests that are there to break when it does not hold.
"""
import re

import code_text

_STATED = re.compile(r"INVARIANT\(([\w-]+)\)")
_ROW = re.compile(r"^\| ([\w-]+) \| (.*) \|$", re.M)
_TEST = re.compile(r"\bTEST(?:_[FP])?\(\s*\w+,\s*(\w+)\)")


def _readme_of(path):
    return next(folder / "README.md" for folder in path.parents if (folder / "README.md").is_file())


def _rows(readme):
    """Name, line and tests of each row of the table of invariants."""
    text = readme.read_text()
    for table in re.finditer(r"^\|[^\n]*checked by \|\n\|[-|]+\|\n((?:\|.*\n?)+)", text, re.M):
        for row in _ROW.finditer(table.group(1)):
            line = code_text.line_of(text, table.start(1) + row.start())
            yield row.group(1), line, re.findall(r"`(\w+)`", row.group(2))


def findings(sources, tests):
    """Path, line and text of each."""
    found = []
    known = {match for path in tests for match in _TEST.findall(path.read_text())}
    stated = {}
    for path in sources:
        text = path.read_text()
        for match in _STATED.finditer(text):
            stated.setdefault(_readme_of(path), {}).setdefault(
                match.group(1), (path, code_text.line_of(text, match.start())))
    readmes = {_readme_of(path) for path in sources}
    for readme in sorted(readmes):
        names = stated.get(readme, {})
        listed = set()
        for name, line, by in _rows(readme):
            listed.add(name)
            if name not in names:
                found.append((readme, line, f"the invariant {name} is stated nowhere"))
            if not by:
                found.append((readme, line, f"the invariant {name} is checked by nothing"))
            for test in by:
                if test not in known:
                    found.append((readme, line, f"there is no test {test}"))
        for name in sorted(names.keys() - listed):
            found.append((*names[name], f"{readme.parent.name}/README.md does not list the invariant {name}"))
    return found
