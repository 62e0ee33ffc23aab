"""What a handler returns, as AWS's runtime writes it: as the standard library does, but for decimals, which
keep their digits, and named tuples, which are objects."""
import json
import sys

# Text beyond ASCII stands as it is from Python 3.12 on.
_ASCII_BEFORE = (3, 12)


def _is_decimal(value):
    # Whoever has one has loaded the module, which costs a cold start.
    module = sys.modules.get("decimal")
    return module is not None and isinstance(value, module.Decimal)


def _has_special(value):
    """Whether the standard encoder alone would say something else. Bounded like that one, by recursion."""
    if isinstance(value, dict):
        return any(_has_special(each) for each in value.values())
    if isinstance(value, (list, tuple)):
        return hasattr(value, "_asdict") or any(_has_special(each) for each in value)
    return not isinstance(value, (str, int, float)) and _is_decimal(value)


def _digits_of(value):
    return "NaN" if value.is_nan() else str(value)


class _Encoder:
    def __init__(self, ascii_only):
        self._text = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
        self._plain = json.JSONEncoder(ensure_ascii=ascii_only)
        self._open = set()

    def encode(self, value):
        if _is_decimal(value):
            return _digits_of(value)
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            value = value._asdict()
        if not isinstance(value, (dict, list, tuple)):
            return self._plain.encode(value)
        if id(value) in self._open:
            raise ValueError("Circular reference detected")
        self._open.add(id(value))
        if isinstance(value, dict):
            text = "{%s}" % ", ".join("%s: %s" % (self._key(name), self.encode(each))
                                      for name, each in value.items())
        else:
            text = "[%s]" % ", ".join(self.encode(each) for each in value)
        self._open.discard(id(value))
        return text

    def _key(self, name):
        if isinstance(name, str):
            return self._text(name)
        if name is None or isinstance(name, (bool, int, float)):
            return self._text(self._plain.encode(name))
        raise TypeError("keys must be str, int, float, bool or None, not %s" % type(name).__name__)


def to_json(value, version=sys.version_info[:2]):
    """version: of the runtime whose ways apply."""
    ascii_only = tuple(version) < _ASCII_BEFORE
    try:
        special = _has_special(value)
    except RecursionError:
        special = False  # the standard encoder says what is wrong
    if special:
        return _Encoder(ascii_only).encode(value)
    return json.dumps(value, ensure_ascii=ascii_only)
