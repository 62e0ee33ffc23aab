"""Where Lambda's packages are downloaded. Sources: [API] Lambda API reference, GetFunction ("a link to download the
deployment package that's valid for 10 minutes"), FunctionCodeLocation, LayerVersionContentOutput; [S3] Amazon S3 API
reference, "Authenticating Requests: Using Query Parameters", "Error responses"."""
import base64
import hashlib
import re
import urllib.error
import urllib.parse
import urllib.request

from tests.sdk.apigateway_helpers import unique, zip_of
from tests.sdk.lambda_helpers import BOOTSTRAP, client, function, refusal  # noqa: F401 (fixtures)


def code(text):
    return zip_of({"bootstrap": BOOTSTRAP, "which": text})


def update(client, name, package, **more):
    client.update_function_code(FunctionName=name, **more, **package)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def location(client, name, **more):
    return client.get_function(FunctionName=name, **more)["Code"]["Location"]


def send(url, method="GET", body=None):
    """(status, body)"""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def error_of(answer):
    status, body = answer
    return status, re.search(rb"<Code>(\w+)</Code>", body)[1].decode()


def test_a_package_as_it_was_uploaded(client, function):  # [API] GetFunction
    package = code("1")
    update(client, function, {"ZipFile": package})
    read = client.get_function(FunctionName=function)
    assert read["Code"]["RepositoryType"] == "S3"
    status, body = send(read["Code"]["Location"])
    assert (status, body) == (200, package)
    assert base64.b64encode(hashlib.sha256(body).digest()).decode() == read["Configuration"]["CodeSha256"]
    # [API] FunctionCodeLocation; the form is AWS's own documentation's, of layers.
    url = urllib.parse.urlsplit(read["Code"]["Location"])
    assert re.search(rf"/snapshots/\d{{12}}/{function}-[0-9a-f]{{8}}-([0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}$", url.path)
    assert urllib.parse.parse_qs(url.query)["X-Amz-Expires"] == ["600"]


def test_a_version_has_its_own(client, function):  # [API] GetFunction: Qualifier
    old, new = code("old"), code("new")
    update(client, function, {"ZipFile": old}, Publish=True)
    before = location(client, function)
    update(client, function, {"ZipFile": new})
    assert send(location(client, function))[1] == new
    assert send(location(client, function, Qualifier="1"))[1] == old
    assert send(before)[1] == old
    client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    downloaded = send(location(client, f"{function}:live"))[1]
    # What `serverless rollback function` does.
    update(client, function, {"ZipFile": downloaded})
    latest, first = (client.get_function_configuration(FunctionName=function, Qualifier=each)["CodeSha256"]
                     for each in ("$LATEST", "1"))
    assert latest == first


def test_a_package_that_came_from_s3(aws, client, function):  # [API] UpdateFunctionCode: S3Bucket
    s3, bucket, package = aws.client("s3"), unique("packages"), code("s3")
    s3.create_bucket(Bucket=bucket)
    try:
        s3.put_object(Bucket=bucket, Key="package", Body=package)
        update(client, function, {"S3Bucket": bucket, "S3Key": "package"})
        s3.delete_object(Bucket=bucket, Key="package")
        assert send(location(client, function))[1] == package
    finally:
        s3.delete_bucket(Bucket=bucket)


def test_a_layers(client):  # [API] PublishLayerVersion, GetLayerVersion, GetLayerVersionByArn
    package = zip_of({"share/which": "x"})
    layer = client.publish_layer_version(LayerName=unique("layer"), Content={"ZipFile": package})
    named = {"LayerName": layer["LayerArn"], "VersionNumber": layer["Version"]}
    try:
        for told in (layer, client.get_layer_version(**named),
                     client.get_layer_version_by_arn(Arn=layer["LayerVersionArn"])):
            assert send(told["Content"]["Location"]) == (200, package)
    finally:
        client.delete_layer_version(**named)


def test_nothing_else_of_the_bucket_is_given(aws, client, function):  # [S3] SignatureDoesNotMatch, AccessDenied
    url = location(client, function)
    assert error_of(send(url[:-1] + ("0" if url[-1] != "0" else "1"))) == (403, "SignatureDoesNotMatch")
    assert error_of(send(url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"))) == (403, "SignatureDoesNotMatch")
    assert error_of(send(url.replace(f"/{function}-", f"/x{function}-"))) == (403, "SignatureDoesNotMatch")
    bare = url.split("?")[0]
    assert error_of(send(bare)) == (403, "AccessDenied")
    assert send(url, "PUT", b"mine")[0] == 403
    bucket = next(part for part in re.split(r"[/.]", bare) if re.search(r"-tasks$", part))
    s3 = aws.client("s3")
    assert bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    for call, more in ((s3.put_object, {"Key": "x", "Body": b"mine"}), (s3.get_object, {"Key": "x"}),
                       (s3.list_objects_v2, {}), (s3.delete_bucket, {})):
        assert refusal(call, Bucket=bucket, **more)[0] == "AccessDenied"
    assert refusal(s3.create_bucket, Bucket=bucket)[0] == "BucketAlreadyExists"
    assert send(url)[0] == 200
