"""Lines of a function's log. What one call says is one event, whatever lines it has: it goes to standard
output between the marks that the region knows (docs/formats/function-output.md). What the function prints is
an event a line."""
import logging
import os
import sys
import time

_BEGIN = "\x1e"
_NEWLINE = "\x1f"
# CloudWatch Logs takes events of up to 256 KB, with 26 bytes of its own.
_MOST_BYTES = 262144 - 26 - 1
# Leading blanks would be lost in what shows the log.
_BLANK = "\u00a0"


def write_event(text):
    marked = _BEGIN not in text and _NEWLINE not in text
    line = text.rstrip("\n").replace("\n", _NEWLINE if marked else "\r").encode("utf-8", "backslashreplace")
    # What has been printed before stands before it.
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        pass
    begin = _BEGIN.encode() if marked else b""
    for at in range(0, max(len(line), 1), _MOST_BYTES):
        piece = begin + line[at:at + _MOST_BYTES] + b"\n"
        while piece:
            try:
                piece = piece[os.write(1, piece):]
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                return  # nobody reads any more


class _RequestFilter(logging.Filter):
    def __init__(self):
        super().__init__()
        self.request_id = ""

    def filter(self, record):
        record.aws_request_id = self.request_id
        return True


class LambdaLoggerHandler(logging.Handler):
    """The root logger's. It has AWS's name, by which libraries know it."""

    def emit(self, record):
        write_event(self.format(record))


_filter = _RequestFilter()


def set_request_id(request_id):
    _filter.request_id = request_id


def install():
    handler = LambdaLoggerHandler()
    handler.addFilter(_filter)
    formatter = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s\n",
                                  "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


def _with_blanks(line):
    text = line.lstrip(" ")
    return _BLANK * (len(line) - len(text)) + text


def log_error(error):
    """error: the document that the invoker gets."""
    lines = ["[ERROR] %s: %s" % (error["errorType"], error["errorMessage"])]
    lines.append("Traceback (most recent call last):")
    for entry in error["stackTrace"]:
        lines += [_with_blanks(line) for line in entry.splitlines()]
    write_event("\n".join(lines))
