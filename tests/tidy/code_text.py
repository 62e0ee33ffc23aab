"""C++ as the checks read it."""
import re

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)


def strip_code(text):
    """Comments and string contents blanked out, line structure kept."""
    return _TOKEN.sub(lambda m: '""' + "\n" * m.group(0).count("\n")
                      if m.group(0)[0] in '"R' else "\n" * m.group(0).count("\n"), text)


def without_comments(text):
    """Comments blanked out, character for character; strings kept."""
    return _TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)) if m.group(0)[0] == "/" else m.group(0),
                      text)


def closing(text, start, pairs="()"):
    """Where the bracket that is open at start is closed, or None."""
    depth = 1
    for index in range(start, len(text)):
        if text[index] == pairs[0]:
            depth += 1
        elif text[index] == pairs[1]:
            depth -= 1
            if depth == 0:
                return index
    return None


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
