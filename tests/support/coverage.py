"""Which operations tests called, held against those that a process says it has."""
import json
import urllib.request


def remember_calls(client, called):
    """From now on every operation that the boto3 client calls is added to a set, as "service.Operation"."""
    def remember(model, **_):
        called.add(f"{model.service_model.service_name}.{model.name}")

    client.meta.events.register("before-call", remember)


def not_called(called, service, endpoint):
    """The operations of a service which the process at endpoint has and which are not in the set."""
    with urllib.request.urlopen(f"{endpoint}/_tandem/coverage") as answer:
        manifest = json.load(answer)["services"][service]
    served = {f"{service}.{name}" for name, row in manifest.items() if row["status"] != "absent"}
    assert served
    return sorted(served - called)
