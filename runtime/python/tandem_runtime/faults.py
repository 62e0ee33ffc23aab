"""What a function's errors look like to its invoker."""
import sys
import traceback


class Fault(Exception):
    """One that the runtime finds, not the function."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.trace = trace


def document(message, kind, trace, request_id):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id or "",
            "stackTrace": trace if trace is not None else []}


def _is_own(frame):
    return "/tandem_runtime/" in frame.filename or frame.filename.endswith("/bootstrap.py")


def of_exception(error, request_id):
    """Of what was raised: without this client's own frames, which come first."""
    if isinstance(error, Fault):
        return document(str(error), error.kind, error.trace, request_id)
    frames = list(traceback.extract_tb(error.__traceback__))
    while frames and _is_own(frames[0]):
        frames.pop(0)
    trace = traceback.format_list([(each.filename, each.lineno, each.name, each.line) for each in frames])
    return document(str(error), type(error).__name__, trace, request_id)


def missing_sdk(error):
    """The part of AWS's SDK whose absence is the reason, or an empty text."""
    name = (getattr(error, "name", None) or "").split(".")[0]
    return name if name in ("boto3", "botocore") and name not in sys.modules else ""
