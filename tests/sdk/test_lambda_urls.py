"""Function URLs. Sources: [API] Lambda API reference, each operation's page; [DG] Lambda Developer Guide, "Creating and
managing Lambda function URLs", "Invoking Lambda function URLs", "Control access to Lambda function URLs"."""
import json
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.sdk.apigateway_helpers import send
from tests.sdk.lambda_helpers import client, function, refusal  # noqa: F401 (fixtures)


def let_all(client, function):  # [DG] "Using the NONE auth type"
    client.add_permission(FunctionName=function, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
                          FunctionUrlAuthType="NONE")
    client.add_permission(FunctionName=function, StatementId="function", Action="lambda:InvokeFunction", Principal="*")


def host_of(url):
    return urllib.parse.urlsplit(url).hostname


def test_a_public_url(aws, client, function):  # [API] CreateFunctionUrlConfig; [DG] request payload format
    made = client.create_function_url_config(FunctionName=function, AuthType="NONE",
                                             Cors={"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"]})
    host = host_of(made["FunctionUrl"])
    assert host.endswith(".lambda-url.us-east-1.on.aws")
    status, headers, body = send(aws, host, "GET", "/")
    assert status == 403 and headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert json.loads(body)["Message"].startswith("Forbidden. For troubleshooting Function URL")
    let_all(client, function)
    status, headers, body = send(aws, host, "POST", "/a/b?x=1&x=2", {"Content-Type": "application/json"}, '{"n":1}')
    assert status == 200 and headers["Content-Type"] == "application/json"
    event = json.loads(body)["event"]
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/a/b", "x=1&x=2")
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert (event["body"], event["isBase64Encoded"]) == ('{"n":1}', False)
    assert event["requestContext"]["domainName"] == host
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["accountId"] == "anonymous"
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    status, headers, _ = send(aws, host, "OPTIONS", "/", preflight)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://a.example")
    assert send(aws, host, "GET", "/", {"Origin": "https://a.example"})[1]["Access-Control-Allow-Origin"] == \
        "https://a.example"
    # [DG] "If your function … returns an error": an event that says fail fails.
    assert send(aws, host, "POST", "/", {"Content-Type": "text/plain", "X": "fail"}, "x")[0] == 502


def test_a_signed_url(aws, client, function):  # [DG] "Using the AWS_IAM auth type"
    made = client.create_function_url_config(FunctionName=function, AuthType="AWS_IAM")
    host = host_of(made["FunctionUrl"])
    assert send(aws, host, "GET", "/")[0] == 403
    session = aws.client("lambda")._request_signer._credentials
    request = AWSRequest("GET", f"https://{host}/signed", headers={"Host": host})
    SigV4Auth(Credentials(session.access_key, session.secret_key, session.token), "lambda", "us-east-1").add_auth(request)
    status, _, body = send(aws, host, "GET", "/signed", dict(request.headers))
    assert status == 200
    iam = json.loads(body)["event"]["requestContext"]["authorizer"]["iam"]
    assert iam["accessKey"] == session.access_key and iam["userArn"].startswith("arn:aws:iam:")
    # The same signature for something else.
    assert send(aws, host, "GET", "/other", dict(request.headers))[0] == 403


def test_configurations(client, function):  # [API] GetFunctionUrlConfig, UpdateFunctionUrlConfig, …
    client.publish_version(FunctionName=function)
    client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    made = client.create_function_url_config(FunctionName=function, Qualifier="live", AuthType="NONE")
    assert made["FunctionArn"].endswith(f":{function}:live")
    assert client.get_function_url_config(FunctionName=function, Qualifier="live")["FunctionUrl"] == made["FunctionUrl"]
    changed = client.update_function_url_config(FunctionName=function, Qualifier="live", AuthType="AWS_IAM")
    assert changed["AuthType"] == "AWS_IAM" and changed["FunctionUrl"] == made["FunctionUrl"]
    assert [each["FunctionUrl"] for each in client.list_function_url_configs(
        FunctionName=function)["FunctionUrlConfigs"]] == [made["FunctionUrl"]]
    assert refusal(client.create_function_url_config, FunctionName=function, Qualifier="live", AuthType="NONE")[0] == (
        "ResourceConflictException")
    client.delete_function_url_config(FunctionName=function, Qualifier="live")
    assert refusal(client.get_function_url_config, FunctionName=function, Qualifier="live") == (
        "ResourceNotFoundException", "The resource you requested does not exist.")
