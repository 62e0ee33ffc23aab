#!/usr/bin/env python3
"""Writes files into a C++ table that embedded_files() of src/services/lambda/exec/client_files.h gives:
embed_files.py OUTPUT ROOT FILE..."""
import pathlib
import sys

# A literal may be no longer than compilers take (C++20, annex B: 65,536 characters).
PIECE = 8000
MARK = "tandem"


def literal(text):
    pieces = [text[at:at + PIECE] for at in range(0, len(text), PIECE)] or [""]
    for piece in pieces:
        if f"){MARK}\"" in piece:
            sys.exit("embed_files.py: a file holds the end of its own literal")
    return "\n".join(f'R"{MARK}({piece}){MARK}"' for piece in pieces)


def main():
    output, root, files = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    rows = []
    for name in sorted(files):
        path = pathlib.Path(name)
        rows.append(f'    {{"{path.relative_to(root)}",\n{literal(path.read_text(encoding="utf-8"))}}},')
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(
        '// Made by tools/embed_files.py.\n#include "services/lambda/exec/client_files.h"\n\n'
        "namespace tandem::lambda {\n\n"
        f"static constexpr ClientFile kFiles[] = {{\n" + "\n".join(rows) + "\n};\n\n"
        "std::span<const ClientFile> client_files() { return kFiles; }\n\n"
        "}  // namespace tandem::lambda\n", encoding="utf-8")


main()
