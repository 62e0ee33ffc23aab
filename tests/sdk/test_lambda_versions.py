"""Lambda's published versions and aliases. Sources: [API] Lambda API reference, each operation's page;
[DG] Lambda Developer Guide, "Manage Lambda function versions" and "Create an alias for a Lambda function"."""
import base64

from tests.sdk.apigateway_helpers import api_host, rest_api, send, zip_of
from tests.sdk.lambda_helpers import BOOTSTRAP, client, function, invoke, paint, refusal  # noqa: F401 (fixtures)


def test_a_version_stays_as_it_was(client, function):  # [API] PublishVersion, Invoke
    first = client.publish_version(FunctionName=function, Description="one")
    assert first["Version"] == "1" and first["Description"] == "one"
    assert first["FunctionArn"].endswith(f":function:{function}:1")
    paint(client, function, "blue")
    answer, said = invoke(client, function, Qualifier="1", LogType="Tail")
    assert answer["ExecutedVersion"] == "1"
    assert (said["version"], said["colour"], said["arn"]) == ("1", "red", first["FunctionArn"])
    assert " Version: 1\n" in base64.b64decode(answer["LogResult"]).decode()
    assert invoke(client, function)[1]["colour"] == "blue"
    # [API] Invoke: "you can append a version number or alias to any of the formats".
    assert invoke(client, f"{function}:1")[1]["colour"] == "red"
    assert invoke(client, first["FunctionArn"])[1]["colour"] == "red"


def test_what_has_not_changed_is_not_published_again(client, function):  # [API] PublishVersion
    assert client.publish_version(FunctionName=function)["Version"] == "1"
    assert client.publish_version(FunctionName=function)["Version"] == "1"
    paint(client, function, "blue")
    assert client.publish_version(FunctionName=function)["Version"] == "2"
    client.delete_function(FunctionName=function, Qualifier="2")
    assert client.publish_version(FunctionName=function)["Version"] == "3"
    versions = client.list_versions_by_function(FunctionName=function)["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1", "3"]
    assert all(each["FunctionArn"].endswith(f"{function}:{each['Version']}") for each in versions)
    assert [page["Versions"][0]["Version"] for page in client.get_paginator("list_versions_by_function").paginate(
        FunctionName=function, PaginationConfig={"PageSize": 1})] == ["$LATEST", "1", "3"]


def test_publishing_with_the_code(client, function):  # [API] UpdateFunctionCode: Publish
    made = client.update_function_code(FunctionName=function, ZipFile=zip_of({"bootstrap": BOOTSTRAP}), Publish=True)
    assert made["Version"] == "1" and made["FunctionArn"].endswith(":1")
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    listed = [(each["FunctionName"], each["Version"]) for page in client.get_paginator("list_functions").paginate(
        FunctionVersion="ALL") for each in page["Functions"] if each["FunctionName"] == function]
    assert listed == [(function, "$LATEST"), (function, "1")]


def test_refusals_of_versions(client, function):
    arn = client.get_function_configuration(FunctionName=function)["FunctionArn"]
    assert refusal(client.publish_version, FunctionName=function, CodeSha256="x")[0] == "InvalidParameterValueException"
    assert refusal(client.publish_version, FunctionName=function, RevisionId="x")[0] == "PreconditionFailedException"
    assert refusal(client.get_function, FunctionName=function, Qualifier="7") == (
        "ResourceNotFoundException", f"Function not found: {arn}:7")
    assert refusal(client.delete_function, FunctionName=function, Qualifier="$LATEST") == (
        "InvalidParameterValueException", "$LATEST version cannot be deleted without deleting the function.")


def two_versions(client, function):
    client.publish_version(FunctionName=function)
    paint(client, function, "blue")
    client.publish_version(FunctionName=function)


def test_an_alias_moves(client, function):  # [API] CreateAlias, UpdateAlias, GetAlias, DeleteAlias
    two_versions(client, function)
    made = client.create_alias(FunctionName=function, Name="live", FunctionVersion="1", Description="d")
    assert made["AliasArn"].endswith(f":function:{function}:live")
    assert (made["Name"], made["FunctionVersion"], made["Description"]) == ("live", "1", "d")
    answer, said = invoke(client, function, Qualifier="live")
    assert answer["ExecutedVersion"] == "1"
    assert (said["version"], said["colour"], said["arn"]) == ("1", "red", made["AliasArn"])
    moved = client.update_alias(FunctionName=function, Name="live", FunctionVersion="2",
                                RevisionId=made["RevisionId"])
    assert moved["RevisionId"] != made["RevisionId"] and moved["Description"] == "d"
    assert invoke(client, f"{function}:live")[1]["colour"] == "blue"
    assert client.get_alias(FunctionName=function, Name="live")["FunctionVersion"] == "2"
    client.create_alias(FunctionName=function, Name="old", FunctionVersion="1")
    assert [each["Name"] for each in client.list_aliases(FunctionName=function)["Aliases"]] == ["live", "old"]
    assert [each["Name"] for each in client.list_aliases(
        FunctionName=function, FunctionVersion="1")["Aliases"]] == ["old"]
    assert refusal(client.delete_function, FunctionName=function, Qualifier="1") == (
        "ResourceConflictException",
        "Unable to delete version because the following aliases reference it: [old]")
    client.delete_alias(FunctionName=function, Name="old")
    client.delete_function(FunctionName=function, Qualifier="1")
    assert refusal(client.get_alias, FunctionName=function, Name="old") == (
        "ResourceNotFoundException", f"Cannot find alias arn: {made['AliasArn'][:-4]}old")


def test_a_number_names_no_alias(client, function):  # [API] CreateAlias: Name
    assert refusal(client.create_alias, FunctionName=function, Name="2", FunctionVersion="$LATEST") == (
        "ValidationException", "1 validation error detected: Value '2' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")


def test_an_alias_of_two_versions(client, function):  # [DG] "Implement Lambda canary deployments using a weighted alias"
    two_versions(client, function)
    made = client.create_alias(FunctionName=function, Name="live", FunctionVersion="1",
                               RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    assert made["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.5}}
    seen = set()
    for _ in range(40):  # not enough once in half a million million runs
        seen.add(invoke(client, function, Qualifier="live")[0]["ExecutedVersion"])
        if len(seen) == 2:
            break
    assert seen == {"1", "2"}
    client.update_alias(FunctionName=function, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert "RoutingConfig" not in client.get_alias(FunctionName=function, Name="live")
    assert refusal(client.create_alias, FunctionName=function, Name="new", FunctionVersion="$LATEST",
                   RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}}) == (
        "InvalidParameterValueException", "$LATEST is not supported for an alias pointing to more than 1 version")


def test_an_api_calls_an_alias(aws, client, function):  # API Gateway Developer Guide, "Lambda aliases"
    client.publish_version(FunctionName=function)
    alias = client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")["AliasArn"]
    permission = {"FunctionName": function, "StatementId": "gateway", "Action": "lambda:InvokeFunction",
                  "Principal": "apigateway.amazonaws.com"}
    with rest_api(aws.client("apigateway")) as api:
        api.method(api.root, "GET", alias)
        api.deploy("s")
        # The function's own policy says nothing of the alias.
        client.add_permission(**permission)
        assert send(aws, api_host(api), "GET", "/s")[0] == 500
        client.add_permission(**permission, Qualifier="live")
        # What it answered is not in a proxy's form: it was invoked.
        assert send(aws, api_host(api), "GET", "/s")[0] == 502
