"""What clients of a framework's application ask of it, by the names its API has in a region."""
import dataclasses
import json

from tests.support.client import PinnedConnection, context_for


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    text: str

    @property
    def json(self):
        return json.loads(self.text)


def api_of(world, region, name):
    """The id of the API of that name."""
    apis = world.client("apigateway", region).get_rest_apis()["items"]
    return next(api["id"] for api in apis if api["name"] == name)


def api_key(world, region, name):
    """The value of the key of that name."""
    keys = world.client("apigateway", region).get_api_keys(nameQuery=name, includeValues=True)["items"]
    return keys[0]["value"]


def request(world, region, host, method, path, body=None, key=None, headers=None):
    """By HTTPS to the region's address; the host is what a client names."""
    connection = PinnedConnection(host, world.addresses[region], world.ports["https"], context_for(world), timeout=35)
    try:
        fields = {**(headers or {}), **({"x-api-key": key} if key else {})}
        connection.request(method, path, body=None if body is None else json.dumps(body), headers=fields)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()},
                      answer.read().decode())
    finally:
        connection.close()
