#!/usr/bin/env python3
"""Writes a file into a C++ function that gives its text:
embed_text.py OUTPUT FILE HEADER NAMESPACE FUNCTION"""
import pathlib
import sys

PIECE = 8000  # Literals may be no longer than compilers take.
MARK = "tandem"


def main():
    output, source, header, namespace, function = sys.argv[1:]
    text = pathlib.Path(source).read_text(encoding="utf-8")
    if f'){MARK}"' in text:
        sys.exit("embed_text.py: the file holds the end of its own literal")
    pieces = "\n".join(f'R"{MARK}({text[at:at + PIECE]}){MARK}"' for at in range(0, len(text), PIECE))
    path = pathlib.Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'// Made by tools/embed_text.py.\n#include "{header}"\n\nnamespace {namespace} {{\n\n'
                    f"std::string_view {function}() {{\n  return\n{pieces};\n}}\n\n}}  // namespace {namespace}\n",
                    encoding="utf-8")


main()
