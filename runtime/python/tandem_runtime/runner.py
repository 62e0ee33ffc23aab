"""Finds the handler and gives it one invocation after the other."""
import importlib
import json
import logging
import os
import sys

from tandem_runtime import encoder, faults, output
from tandem_runtime.channel import Channel
from tandem_runtime.context import LambdaContext

_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in "
    "rare cases, a Lambda runtime update can cause unexpected function behavior. For functions using managed "
    "runtimes, runtime updates can be triggered by a function change, or can be applied automatically. To "
    "determine if the runtime has been updated, check the runtime version in the INIT_START log entry. If this "
    "error correlates with a change in the runtime version, you may be able to mitigate this error by temporarily "
    "rolling back to the previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html")


def find_handler(handler):
    try:
        module_name, function_name = handler.rsplit(".", 1)
    except ValueError as error:
        raise faults.Fault("Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (handler, error)) from error
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise faults.Fault("Runtime.BuiltInModuleConflict",
                           "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise faults.Fault("Runtime.ImportModuleError",
                           "Unable to import module '%s': %s" % (module_name, error)) from error
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise faults.Fault("Runtime.UserCodeSyntaxError",
                           "Syntax error in module '%s': %s" % (module_name, error), trace) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise faults.Fault("Runtime.HandlerNotFound",
                           "Handler '%s' missing on module '%s'" % (function_name, module_name)) from error


def _say_what_is_missing(error, runtime):
    name = faults.missing_sdk(error.__cause__ or error)
    if name:
        output.write_event('Tandem: AWS\'s runtime %s has %s, this machine does not: "apt-get install '
                           'python3-boto3" brings it, or a folder that functions.modules.python in tandem.yaml '
                           'names' % (runtime, name))


def _encode_error(error):
    return encoder.to_json(error).encode("utf-8", "backslashreplace")


class _Runner:
    def __init__(self, channel, version):
        self._channel = channel
        self._version = version

    def serve(self, handler):
        while True:
            headers, body = self._channel.next()
            request_id = headers["Lambda-Runtime-Aws-Request-Id"]
            output.set_request_id(request_id)
            trace_id = headers.get("Lambda-Runtime-Trace-Id")
            if trace_id:
                os.environ["_X_AMZN_TRACE_ID"] = trace_id
            else:
                os.environ.pop("_X_AMZN_TRACE_ID", None)
            try:
                answer, content_type = self._run(handler, headers, body)
            except Exception as error:
                self._fail(error, request_id)
            else:
                sys.stdout.flush()
                self._channel.respond(request_id, answer, content_type)

    def _fail(self, error, request_id):
        said = faults.of_exception(error, request_id)
        output.log_error(said)
        self._channel.fail_invocation(request_id, said["errorType"], _encode_error(said))

    def _run(self, handler, headers, body):
        try:
            context = LambdaContext(headers)
        except ValueError as error:
            raise faults.Fault("Runtime.LambdaContextUnmarshalError", str(error)) from error
        try:
            event = json.loads(body)
        except ValueError as error:
            raise faults.Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from error
        value = handler(event, context)
        if isinstance(value, bytes):
            return value, "application/unknown"
        try:
            return encoder.to_json(value, self._version).encode("utf-8"), "application/json"
        except Exception as error:
            raise faults.Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from error


def run():
    own = json.loads(os.environ.pop("_TANDEM_RUNTIME", "{}"))
    runtime = own.get("runtime", "python")
    version = own.get("version") or list(sys.version_info[:2])
    # Lines are events at once, and what is printed keeps its place among them.
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)
    output.install()
    channel = Channel(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = find_handler(os.environ.get("_HANDLER", ""))
    except Exception as error:
        logging.warning(_WARNING)
        said = faults.of_exception(error, "")
        output.log_error(said)
        _say_what_is_missing(error, runtime)
        channel.fail_init(said["errorType"], _encode_error(said))
        sys.exit(1)
    _Runner(channel, version).serve(handler)
