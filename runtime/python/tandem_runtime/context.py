"""What a handler is told of its invocation."""
import json
import os
import sys
import time


class CognitoIdentity:
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join(
            "%s=%s" % (name, getattr(self, name, None)) for name in self.__slots__))


class Client:
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join(
            "%s=%s" % (name, getattr(self, name, None)) for name in self.__slots__))


class ClientContext:
    __slots__ = ["custom", "env", "client"]

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join(
            "%s=%s" % (name, getattr(self, name, None)) for name in self.__slots__))


def _fill(target, names, source):
    for name, key in names.items():
        setattr(target, name, source.get(key))
    return target


_CLIENT_KEYS = {"installation_id": "installation_id", "app_title": "app_title",
                "app_version_name": "app_version_name", "app_version_code": "app_version_code",
                "app_package_name": "app_package_name"}


class LambdaContext:
    """Raises ValueError when a header is no JSON."""

    def __init__(self, headers):
        self.aws_request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn")
        self.tenant_id = headers.get("Lambda-Runtime-Aws-Tenant-Id")
        self.client_context = _client_context(headers.get("Lambda-Runtime-Client-Context"))
        self.identity = CognitoIdentity()
        identity = headers.get("Lambda-Runtime-Cognito-Identity")
        if identity is not None:
            given = _parse(identity, "Cognito Identity")
            self.identity.cognito_identity_id = given.get("cognitoIdentityId")
            self.identity.cognito_identity_pool_id = given.get("cognitoIdentityPoolId")
        self._deadline_ms = int(headers.get("Lambda-Runtime-Deadline-Ms", "0"))

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        names = ["aws_request_id", "log_group_name", "log_stream_name", "function_name",
                 "memory_limit_in_mb", "function_version", "invoked_function_arn", "client_context",
                 "identity", "tenant_id"]
        return "%s([%s])" % (type(self).__name__,
                             ",".join("%s=%s" % (name, getattr(self, name)) for name in names))


def _parse(text, name):
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise ValueError("Unable to parse %s JSON: %s" % (name, error)) from error
    return parsed if isinstance(parsed, dict) else {}


def _client_context(text):
    if text is None:
        return None
    given = _parse(text, "Client Context")
    made = ClientContext()
    made.custom = given.get("custom")
    made.env = given.get("env")
    made.client = _fill(Client(), _CLIENT_KEYS, given["client"]) if given.get("client") else None
    return made
