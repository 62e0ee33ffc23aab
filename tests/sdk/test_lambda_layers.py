"""Lambda's layers, and what tools ask of an account. Sources: [API] Lambda API reference, each operation's page;
[DG] Lambda Developer Guide, "Managing Lambda dependencies with layers"."""
import json

import pytest

from tests.sdk.apigateway_helpers import unique, zip_of
from tests.sdk.lambda_helpers import create, invoke, refusal, update


@pytest.fixture(scope="module")
def client(aws):
    return aws.client("lambda")


@pytest.fixture
def layer(client):
    """Publishes a layer whose share/which holds a text; returns its version's ARN."""
    made = []

    def publish(text, name=None, **more):
        version = client.publish_layer_version(LayerName=name or unique("layer"), **more,
                                               Content={"ZipFile": zip_of({"share/which": text})})
        made.append(version)
        return version

    yield publish
    for each in made:
        client.delete_layer_version(LayerName=each["LayerArn"], VersionNumber=each["Version"])


def test_a_layer(client, layer):  # [API] PublishLayerVersion, GetLayerVersion, ListLayers, ListLayerVersions
    name = unique("layer")
    first = layer("1", name, Description="tools", CompatibleRuntimes=["provided.al2023"], LicenseInfo="MIT")
    assert first["LayerVersionArn"] == f"{first['LayerArn']}:1" and first["Version"] == 1
    assert (first["Description"], first["LicenseInfo"]) == ("tools", "MIT")
    assert first["Content"]["CodeSize"] > 0
    second = layer("2", name, CompatibleArchitectures=["arm64"])
    assert second["Version"] == 2
    assert client.get_layer_version(LayerName=name, VersionNumber=1)["Content"]["CodeSha256"] == \
        first["Content"]["CodeSha256"]
    assert client.get_layer_version_by_arn(Arn=second["LayerVersionArn"])["LayerArn"] == first["LayerArn"]
    assert [each["Version"] for each in client.list_layer_versions(LayerName=name)["LayerVersions"]] == [2, 1]
    assert [each["Version"] for each in client.list_layer_versions(
        LayerName=name, CompatibleRuntime="provided.al2023")["LayerVersions"]] == [1]
    listed = {each["LayerName"]: each for page in client.get_paginator("list_layers").paginate()
              for each in page["Layers"]}
    assert listed[name]["LatestMatchingVersion"]["Version"] == 2
    client.delete_layer_version(LayerName=name, VersionNumber=2)
    assert refusal(client.get_layer_version, LayerName=name, VersionNumber=2) == (
        "ResourceNotFoundException", "The resource you requested does not exist.")
    assert layer("3", name)["Version"] == 3


def test_layers_are_merged_in_order(client, lambda_role, layer):  # [DG] "Lambda extracts the layer contents into /opt"
    low, high = layer("low")["LayerVersionArn"], layer("high")["LayerVersionArn"]
    function = create(client, lambda_role, Layers=[low, high])
    try:
        shown = client.get_function_configuration(FunctionName=function)["Layers"]
        assert [each["Arn"] for each in shown] == [low, high] and shown[0]["CodeSize"] > 0
        assert invoke(client, function)[1]["layer"] == "high"
        client.publish_version(FunctionName=function)
        update(client, function, Layers=[high, low])
        assert invoke(client, function)[1]["layer"] == "low"
        assert invoke(client, function, Qualifier="1")[1]["layer"] == "high"
        update(client, function, Layers=[])
        assert "Layers" not in client.get_function_configuration(FunctionName=function)
        assert invoke(client, function)[1]["layer"] == ""
    finally:
        client.delete_function(FunctionName=function)


def test_refusals_of_layers(client, lambda_role, layer):
    arn = layer("x")["LayerVersionArn"]
    function = create(client, lambda_role)
    try:
        code, message = refusal(client.update_function_configuration, FunctionName=function,
                                Layers=[arn[:-1] + "99"])
        assert (code, message) == ("InvalidParameterValueException", f"Layer version {arn[:-1]}99 does not exist.")
        code, message = refusal(client.update_function_configuration, FunctionName=function, Layers=[arn, arn])
        assert message.startswith("Two different versions of the same layer are not allowed")
        code, message = refusal(client.update_function_configuration, FunctionName=function, Layers=[arn] * 6)
        assert message == "Cannot reference more than 5 layers."
    finally:
        client.delete_function(FunctionName=function)


def test_who_may_have_a_layer(client, layer):  # [API] AddLayerVersionPermission and its like
    version = layer("x")
    named = {"LayerName": version["LayerArn"], "VersionNumber": 1}
    assert refusal(client.get_layer_version_policy, **named) == (
        "ResourceNotFoundException", "No policy is associated with the given resource.")
    added = client.add_layer_version_permission(**named, StatementId="all", Action="lambda:GetLayerVersion",
                                                Principal="*")
    assert json.loads(added["Statement"]) == {"Sid": "all", "Effect": "Allow", "Principal": "*",
                                              "Action": "lambda:GetLayerVersion",
                                              "Resource": version["LayerVersionArn"]}
    policy = client.get_layer_version_policy(**named)
    assert json.loads(policy["Policy"])["Statement"] == [json.loads(added["Statement"])]
    assert policy["RevisionId"] == added["RevisionId"]
    client.remove_layer_version_permission(**named, StatementId="all")


def test_the_account(client, lambda_role):
    # [API] GetAccountSettings; GetFunctionCodeSigningConfig; ListProvisionedConcurrencyConfigs
    function = create(client, lambda_role)
    try:
        settings = client.get_account_settings()
        assert settings["AccountLimit"]["CodeSizeUnzipped"] == 262144000
        assert settings["AccountUsage"]["FunctionCount"] >= 1
        assert client.get_function_code_signing_config(FunctionName=function)["FunctionName"] == function
        assert client.list_provisioned_concurrency_configs(
            FunctionName=function)["ProvisionedConcurrencyConfigs"] == []
        client.publish_version(FunctionName=function)
        assert refusal(client.get_provisioned_concurrency_config, FunctionName=function, Qualifier="1") == (
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function")
    finally:
        client.delete_function(FunctionName=function)
