"""Requests that Debian's botocore cannot make: it does not know their members or operations yet."""
import contextlib
import json
import urllib.parse


@contextlib.contextmanager
def more(client, operation, members=None, fields=None, headers=None, query=None, path=None, method=None):
    """Calls of the operation carry more: members of a JSON body, fields of a form, headers, a query string;
    or they are another operation, by X-Amz-Target among the headers, or by path and method. They are
    signed as they are sent."""
    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def change(params, **_):
        if members:
            params["body"] = json.dumps({**json.loads(params["body"] or b"{}"), **members}).encode()
        params["body"] = {**params["body"], **fields} if fields else params["body"]
        params["headers"].update(headers or {})
        params["method"] = method or params["method"]
        url = urllib.parse.urlsplit(params["url"])
        params["url"] = urllib.parse.urlunsplit(
            url._replace(path=path or url.path, query="&".join(filter(None, [url.query, query]))))

    client.meta.events.register_last(event, change)
    try:
        yield
    finally:
        client.meta.events.unregister(event, change)
