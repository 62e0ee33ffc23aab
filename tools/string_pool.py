"""What the generators of constant tables share: a pool of strings, and files that are only written when
their content changes, so that nothing is recompiled without need."""


class Pool:
    """Every string once, in one literal. A reference packs offset (20 bits) and length (12)."""

    def __init__(self):
        self.parts = []
        self.known = {"": 0}
        self.size = 0

    def __call__(self, text):
        text = text or ""
        if text not in self.known:
            raw = text.encode("utf-8")
            assert len(raw) < 4096 and self.size + len(raw) < (1 << 20), text
            self.known[text] = self.size << 12 | len(raw)
            self.parts.append(text)
            self.size += len(raw)
        return self.known[text]

    def literal(self):
        return literal(self.parts)


def literal(parts):
    """A C++ string literal, a line each part."""
    lines = []
    for part in parts:
        escaped = "".join(
            chr(byte) if 32 <= byte < 127 and chr(byte) not in '\\"?' else f"\\{byte:03o}"
            for byte in part.encode("utf-8"))
        lines.append(f'    "{escaped}"')
    return "\n".join(lines) or '    ""'


def write(path, content):
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == content:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)
