"""S3 through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, s3 and s3api, and the User Guide's pages
on return codes and pagination; [API] S3 API Reference, each operation's page and "Error responses"; [UG]
S3 User Guide, the page named."""
import base64
import hashlib
import json
import os
import re
import urllib.request
import uuid

import pytest

from tests.support.aws_cli import OTHER_ERROR, SERVICE_ERROR, USAGE_ERROR, error_in

PART = 5 * 1024 * 1024
NOT_ALL_DONE = 1


def unique():
    return f"tandem-cli-{uuid.uuid4()}"


@pytest.fixture
def bucket(cli):
    name = unique()
    assert cli("s3api", "create-bucket", "--bucket", name) == {"Location": f"/{name}"}
    yield name
    for upload in cli("s3api", "list-multipart-uploads", "--bucket", name).get("Uploads", []):
        cli("s3api", "abort-multipart-upload", "--bucket", name, "--key", upload["Key"],
            "--upload-id", upload["UploadId"])
    assert cli("s3", "rb", f"s3://{name}", "--force").endswith(f"remove_bucket: {name}\n")


def put(cli, bucket, key, body, folder, *more):
    file = folder / "body"
    file.write_bytes(body)
    return cli("s3api", "put-object", "--bucket", bucket, "--key", key, "--body", file, *more)


def get(cli, bucket, key, folder, *more):
    """What the CLI printed, and the bytes it wrote into its output file."""
    file = folder / "got"
    answer = cli("s3api", "get-object", "--bucket", bucket, "--key", key, *more, file)
    return answer, file.read_bytes()


def etag(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


def keys(cli, bucket):
    return [one["Key"] for one in cli("s3api", "list-objects-v2", "--bucket",
                                      bucket).get("Contents", [])]


def test_bucket_life(cli, tmp_path):  # [API] CreateBucket, HeadBucket, ListBuckets, DeleteBucket
    name = unique()
    assert cli.refused("s3api", "head-bucket", "--bucket", name) == ("404", "HeadBucket", "Not Found")
    cli("s3api", "create-bucket", "--bucket", name)
    assert cli("s3api", "head-bucket", "--bucket", name) == {}
    listed = cli("s3api", "list-buckets")
    created = {one["Name"]: one["CreationDate"] for one in listed["Buckets"]}[name]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", created) and listed["Owner"]["ID"]
    put(cli, name, "k", b"x", tmp_path)
    assert cli.refused("s3api", "delete-bucket", "--bucket", name) == (
        "BucketNotEmpty", "DeleteBucket", "The bucket you tried to delete is not empty")
    cli("s3api", "delete-object", "--bucket", name, "--key", "k")
    assert cli("s3api", "delete-bucket", "--bucket", name) == {}
    assert cli.refused("s3api", "delete-bucket", "--bucket", name) == (
        "NoSuchBucket", "DeleteBucket", "The specified bucket does not exist")
    cli("s3api", "wait", "bucket-not-exists", "--bucket", name)


def test_location(cli, bucket):  # [API] GetBucketLocation: null for us-east-1; CreateBucket
    assert cli("s3api", "get-bucket-location", "--bucket", bucket) == {"LocationConstraint": None}
    name = unique()
    create = ("s3api", "create-bucket", "--bucket", name)
    assert cli.refused(*create, region="us-west-2")[:2] == (
        "IllegalLocationConstraintException", "CreateBucket")
    west = ("--create-bucket-configuration", "LocationConstraint=us-west-2")
    cli(*create, *west, region="us-west-2")
    assert cli("s3api", "get-bucket-location", "--bucket", name, region="us-west-2") == {
        "LocationConstraint": "us-west-2"}
    assert cli.refused(*create, *west, region="us-west-2")[0] == "BucketAlreadyOwnedByYou"
    # One namespace: the name is taken, its home is told, and followed to, from anywhere.
    assert cli.refused(*create)[0] == "BucketAlreadyOwnedByYou"
    assert cli("s3api", "get-bucket-location", "--bucket", name) == {
        "LocationConstraint": "us-west-2"}
    assert cli("s3api", "list-objects-v2", "--bucket", name).get("Contents", []) == []
    cli("s3api", "delete-bucket", "--bucket", name)
    assert cli.refused("s3api", "create-bucket", "--bucket", "no_underscores") == (
        "InvalidBucketName", "CreateBucket", "The specified bucket is not valid.")


def test_bucket_settings(cli, bucket):
    # [API] GetBucketVersioning, GetBucketEncryption, PutBucketEncryption
    # [API] GetBucketVersioning: nothing while versioning has never been set.
    assert cli("s3api", "get-bucket-versioning", "--bucket", bucket) == {}
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    cli("s3api", "put-bucket-encryption", "--bucket", bucket,
        "--server-side-encryption-configuration", json.dumps({"Rules": [rule]}))
    shown = cli("s3api", "get-bucket-encryption", "--bucket", bucket)
    assert shown["ServerSideEncryptionConfiguration"]["Rules"][0][
        "ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    for command, operation in (("get-bucket-versioning", "GetBucketVersioning"),
                               ("get-bucket-encryption", "GetBucketEncryption")):
        assert cli.refused("s3api", command, "--bucket", unique())[:2] == ("NoSuchBucket", operation)


def test_policies_and_who_owns_what(cli, bucket):
    # [API] PutBucketPolicy and its siblings, PutPublicAccessBlock and its, GetBucketAcl
    def call(command, *more):
        return cli("s3api", command, "--bucket", bucket, *more)
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
    call("put-bucket-policy", "--policy", json.dumps(policy))
    assert json.loads(call("get-bucket-policy")["Policy"]) == policy
    assert call("get-bucket-policy-status") == {"PolicyStatus": {"IsPublic": False}}
    call("delete-bucket-policy")
    assert cli.refused("s3api", "get-bucket-policy", "--bucket", bucket) == (
        "NoSuchBucketPolicy", "GetBucketPolicy", "The bucket policy does not exist")
    call("put-public-access-block", "--public-access-block-configuration", "BlockPublicAcls=true")
    assert call("get-public-access-block")["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    call("delete-public-access-block")
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    call("put-bucket-ownership-controls", "--ownership-controls", json.dumps(owned))
    assert call("get-bucket-ownership-controls") == {"OwnershipControls": owned}
    assert call("get-bucket-acl")["Grants"][0]["Permission"] == "FULL_CONTROL"
    call("delete-bucket-encryption")


def test_what_a_new_bucket_has_not(cli, bucket):
    # [API] the operations' pages and "Error responses"; tools read these of every bucket.
    for command, code in (
            ("get-bucket-cors", "NoSuchCORSConfiguration"), ("get-bucket-website", "NoSuchWebsiteConfiguration"),
            ("get-bucket-lifecycle-configuration", "NoSuchLifecycleConfiguration"),
            ("get-bucket-replication", "ReplicationConfigurationNotFoundError"),
            ("get-object-lock-configuration", "ObjectLockConfigurationNotFoundError")):
        assert cli.refused("s3api", command, "--bucket", bucket)[0] == code
    for command in ("get-bucket-accelerate-configuration", "get-bucket-logging",
                    "get-bucket-notification-configuration"):
        assert cli("s3api", command, "--bucket", bucket) in ({}, "")
    assert cli("s3api", "get-bucket-request-payment", "--bucket", bucket) == {"Payer": "BucketOwner"}


def test_versions(cli, tmp_path):  # [API] PutBucketVersioning, ListObjectVersions, DeleteObject; [CLI] s3 rb
    name = unique()
    cli("s3api", "create-bucket", "--bucket", name)
    cli("s3api", "put-bucket-versioning", "--bucket", name, "--versioning-configuration", "Status=Enabled")
    assert cli("s3api", "get-bucket-versioning", "--bucket", name) == {"Status": "Enabled"}
    first, second = (put(cli, name, "k", body, tmp_path)["VersionId"] for body in (b"1", b"2"))
    assert get(cli, name, "k", tmp_path, "--version-id", first)[1] == b"1"
    cli("s3", "rm", f"s3://{name}/k")
    listed = cli("s3api", "list-object-versions", "--bucket", name)
    assert [one["VersionId"] for one in listed["Versions"]] == [second, first]
    marker, = listed["DeleteMarkers"]
    # [CLI] s3 rb: "--force … Note that versioned objects will not be deleted in this process"
    assert cli.run("s3", "rb", f"s3://{name}", "--force").code == NOT_ALL_DONE
    for version in (first, second, marker["VersionId"]):
        cli("s3api", "delete-object", "--bucket", name, "--key", "k", "--version-id", version)
    cli("s3api", "delete-bucket", "--bucket", name)


def test_bucket_tagging(cli, bucket):
    # [API] PutBucketTagging, GetBucketTagging, DeleteBucketTagging
    tagging = ("s3api", "get-bucket-tagging", "--bucket", bucket)
    none = ("NoSuchTagSet", "GetBucketTagging", "The TagSet does not exist")
    assert cli.refused(*tagging) == none
    assert cli("s3api", "put-bucket-tagging", "--bucket", bucket, "--tagging",
               "TagSet=[{Key=team,Value=a}]") == {}
    assert cli(*tagging) == {"TagSet": [{"Key": "team", "Value": "a"}]}
    cli("s3api", "delete-bucket-tagging", "--bucket", bucket)
    assert cli.refused(*tagging) == none


def test_objects(cli, bucket, tmp_path):  # [API] PutObject, GetObject, HeadObject, GetObjectTagging
    body = bytes(range(256)) * 10
    made = put(cli, bucket, "a/ä b+c", body, tmp_path, "--content-type", "text/x-test",
               "--cache-control", "no-cache", "--metadata", "colour=blue")
    assert made["ETag"] == etag(body)
    answer, got = get(cli, bucket, "a/ä b+c", tmp_path)
    assert got == body
    expected = {"ContentLength": len(body), "ContentType": "text/x-test", "ETag": etag(body),
                "CacheControl": "no-cache", "AcceptRanges": "bytes", "Metadata": {"colour": "blue"}}
    assert {name: answer[name] for name in expected} == expected
    head = cli("s3api", "head-object", "--bucket", bucket, "--key", "a/ä b+c")
    assert {name: head[name] for name in expected} == expected
    assert head["LastModified"] == answer["LastModified"]
    answer, got = get(cli, bucket, "a/ä b+c", tmp_path, "--range", "bytes=1-3")
    assert (got, answer["ContentRange"]) == (b"\1\2\3", f"bytes 1-3/{len(body)}")
    assert cli("s3api", "get-object-tagging", "--bucket", bucket, "--key", "a/ä b+c") == {
        "TagSet": []}
    cli("s3api", "wait", "object-exists", "--bucket", bucket, "--key", "a/ä b+c")


def test_digests(cli, bucket, tmp_path):  # [API] PutObject: Content-MD5, checksums; BadDigest
    md5 = base64.b64encode(hashlib.md5(b"x").digest()).decode()
    put(cli, bucket, "k", b"x", tmp_path, "--content-md5", md5)
    file = tmp_path / "other"
    file.write_bytes(b"other")
    words = ("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", file)
    assert cli.refused(*words, "--content-md5", md5) == (
        "BadDigest", "PutObject", "The Content-MD5 you specified did not match what we received.")
    sha = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert cli(*words, "--checksum-algorithm", "SHA256")["ChecksumSHA256"] == sha
    shown = cli("s3api", "head-object", "--bucket", bucket, "--key", "k", "--checksum-mode",
                "ENABLED")
    assert shown["ChecksumSHA256"] == sha


def test_objects_that_are_refused(cli, bucket, tmp_path):  # [API] "Error responses"
    target = tmp_path / "none"
    one = ("--bucket", bucket, "--key", "none")
    assert cli.refused("s3api", "get-object", *one, target) == (
        "NoSuchKey", "GetObject", "The specified key does not exist.")
    assert cli.refused("s3api", "head-object", *one) == ("404", "HeadObject", "Not Found")
    assert cli.refused("s3api", "get-object-tagging", *one)[:2] == ("NoSuchKey", "GetObjectTagging")
    # [API] DeleteObject: a key that is not there is no error.
    assert cli("s3api", "delete-object", *one) == {}
    made = put(cli, bucket, "k", b"0123", tmp_path)
    here = ("s3api", "get-object", "--bucket", bucket, "--key", "k")
    assert cli.refused(*here, "--range", "bytes=9-", target) == (
        "InvalidRange", "GetObject", "The requested range is not satisfiable")
    assert cli.refused(*here, "--if-none-match", made["ETag"], target) == (
        "304", "GetObject", "Not Modified")
    assert cli.refused(*here, "--if-match", '"0"', target) == (
        "PreconditionFailed", "GetObject",
        "At least one of the pre-conditions you specified did not hold")
    assert cli.refused("s3api", "put-object", "--bucket", bucket, "--key", "k", "--acl",
                       "public-read") == (
        "AccessControlListNotSupported", "PutObject", "The bucket does not allow ACLs")


def test_listing(cli, bucket, tmp_path):  # [API] ListObjectsV2, ListObjects; [CLI] "Pagination"
    names = ["a", "b/1", "b/2", "c d"]
    for name in names:
        put(cli, bucket, name, name.encode(), tmp_path)
    for command in ("list-objects-v2", "list-objects"):
        words = ("s3api", command, "--bucket", bucket)
        shown = cli(*words, "--page-size", "1")["Contents"]
        assert [one["Key"] for one in shown] == names
        assert (shown[0]["ETag"], shown[0]["Size"], shown[0]["StorageClass"]) == (
            etag(b"a"), 1, "STANDARD")
        rolled = cli(*words, "--delimiter", "/")
        assert [one["Key"] for one in rolled["Contents"]] == ["a", "c d"]
        assert rolled["CommonPrefixes"] == [{"Prefix": "b/"}]
        assert cli(*words, "--prefix", "b/", "--query", "Contents[].Key") == ["b/1", "b/2"]
        first = cli(*words, "--max-items", "3")
        rest = cli(*words, "--starting-token", first["NextToken"])
        assert [one["Key"] for one in rest["Contents"]] == ["c d"]
        assert cli.refused("s3api", command, "--bucket", unique())[0] == "NoSuchBucket"
    after = cli("s3api", "list-objects-v2", "--bucket", bucket, "--start-after", "b/1",
                "--fetch-owner")
    assert [one["Key"] for one in after["Contents"]] == ["b/2", "c d"]
    assert after["Contents"][0]["Owner"]["ID"] == cli("s3api", "list-buckets")["Owner"]["ID"]


def test_delete_objects(cli, bucket, tmp_path):  # [API] DeleteObjects
    for name in ("a", "b", "c"):
        put(cli, bucket, name, b"", tmp_path)
    delete = ("s3api", "delete-objects", "--bucket", bucket, "--delete")
    assert cli(*delete, "Objects=[{Key=a},{Key=none}]") == {
        "Deleted": [{"Key": "a"}, {"Key": "none"}]}
    assert cli(*delete, "Objects=[{Key=b}],Quiet=true") == {}
    assert keys(cli, bucket) == ["c"]


def test_copy(cli, bucket, tmp_path):  # [API] CopyObject
    put(cli, bucket, "from ä", b"content", tmp_path, "--content-type", "text/plain", "--metadata",
        "m=v")
    copy = ("s3api", "copy-object", "--bucket", bucket, "--copy-source", f"{bucket}/from ä")
    made = cli(*copy, "--key", "to")["CopyObjectResult"]
    assert made["ETag"] == etag(b"content") and made["LastModified"]
    answer, got = get(cli, bucket, "to", tmp_path)
    assert (got, answer["ContentType"], answer["Metadata"]) == (b"content", "text/plain", {"m": "v"})
    cli(*copy, "--key", "to", "--metadata-directive", "REPLACE", "--metadata", "n=w")
    assert get(cli, bucket, "to", tmp_path)[0]["Metadata"] == {"n": "w"}
    code, operation, message = cli.refused(*copy, "--key", "from ä")
    assert (code, operation) == ("InvalidRequest", "CopyObject")
    assert message.startswith("This copy request is illegal because it is trying to copy an object to "
                              "itself without changing the object's metadata")
    assert cli.refused("s3api", "copy-object", "--bucket", bucket, "--key", "to", "--copy-source",
                       f"{bucket}/none")[:2] == ("NoSuchKey", "CopyObject")


def test_multipart(cli, bucket, tmp_path):
    # [API] CreateMultipartUpload, UploadPart, UploadPartCopy, ListParts, CompleteMultipartUpload
    first, last = b"a" * PART, b"tail"
    put(cli, bucket, "source", b"some tail here", tmp_path)
    one = ("--bucket", bucket, "--key", "k")
    upload = cli("s3api", "create-multipart-upload", *one, "--content-type", "text/plain")
    assert (upload["Bucket"], upload["Key"]) == (bucket, "k")
    one = (*one, "--upload-id", upload["UploadId"])
    listed = cli("s3api", "list-multipart-uploads", "--bucket", bucket)["Uploads"]
    assert [(each["Key"], each["UploadId"]) for each in listed] == [("k", upload["UploadId"])]
    file = tmp_path / "part"
    file.write_bytes(first)
    assert cli("s3api", "upload-part", *one, "--part-number", "1", "--body",
               file)["ETag"] == etag(first)
    copied = cli("s3api", "upload-part-copy", *one, "--part-number", "2", "--copy-source",
                 f"{bucket}/source", "--copy-source-range", "bytes=5-8")["CopyPartResult"]
    assert copied["ETag"] == etag(last)
    parts = cli("s3api", "list-parts", *one, "--page-size", "1")["Parts"]
    assert [(each["PartNumber"], each["Size"], each["ETag"]) for each in parts] == [
        (1, PART, etag(first)), (2, 4, etag(last))]
    named = [{"PartNumber": number, "ETag": etag(body)} for number, body in ((1, first), (2, last))]
    complete = ("s3api", "complete-multipart-upload", *one, "--multipart-upload")
    assert cli.refused(*complete, json.dumps({"Parts": named[::-1]}))[:2] == (
        "InvalidPartOrder", "CompleteMultipartUpload")
    done = cli(*complete, json.dumps({"Parts": named}))
    digest = hashlib.md5(hashlib.md5(first).digest() + hashlib.md5(last).digest()).hexdigest()
    assert done["ETag"] == f'"{digest}-2"' and (done["Bucket"], done["Key"]) == (bucket, "k")
    answer, got = get(cli, bucket, "k", tmp_path)
    assert got == first + last and answer["ContentType"] == "text/plain"
    assert cli.refused("s3api", "list-parts", *one)[:2] == ("NoSuchUpload", "ListParts")


def test_abort(cli, bucket):  # [API] AbortMultipartUpload
    one = ("--bucket", bucket, "--key", "k")
    upload = cli("s3api", "create-multipart-upload", *one)["UploadId"]
    abort = ("s3api", "abort-multipart-upload", *one, "--upload-id", upload)
    assert cli(*abort) == {}
    code, operation, message = cli.refused(*abort)
    assert (code, operation) == ("NoSuchUpload", "AbortMultipartUpload")
    assert message.startswith("The specified upload does not exist.")
    assert not cli("s3api", "list-multipart-uploads", "--bucket", bucket).get("Uploads")


def test_high_level_commands(cli, bucket, tmp_path):  # [CLI] s3 cp, ls, mv, rm
    here, there = tmp_path / "here.txt", tmp_path / "there.txt"
    here.write_text("hello")
    url = f"s3://{bucket}"
    assert f"upload: {here.name} to {url}/d/here.txt" in cli("s3", "cp", "here.txt", f"{url}/d/",
                                                             folder=tmp_path).replace("./", "")
    assert cli("s3api", "head-object", "--bucket", bucket, "--key",
               "d/here.txt")["ContentType"] == "text/plain"
    listed = cli("s3", "ls", f"{url}/", "--recursive", "--summarize")
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d          5 d/here.txt\n", listed)
    assert "Total Objects: 1\n" in listed and "Total Size: 5\n" in listed
    assert cli("s3", "ls", f"{url}/").strip() == "PRE d/"
    assert bucket in cli("s3", "ls")
    cli("s3", "mv", f"{url}/d/here.txt", f"{url}/e.txt")
    assert keys(cli, bucket) == ["e.txt"]
    cli("s3", "cp", f"{url}/e.txt", there)
    assert there.read_text() == "hello"
    cli("s3", "cp", "-", f"{url}/f", stdin="from standard input")
    assert cli("s3", "cp", f"{url}/f", "-") == "from standard input"
    assert cli("s3", "rm", url, "--recursive").count("delete: ") == 2
    assert keys(cli, bucket) == []


def test_large_files(cli, bucket, tmp_path):  # [CLI] s3 cp: in parts from 8 MB on
    body = bytes(range(256)) * (9 * 4096)
    file, copy = tmp_path / "large", tmp_path / "copy"
    file.write_bytes(body)
    url = f"s3://{bucket}/large"
    cli("s3", "cp", file, url, "--only-show-errors")
    assert cli("s3api", "head-object", "--bucket", bucket, "--key", "large")["ETag"].endswith('-2"')
    finished = cli.run("s3", "cp", url, url + "-copied", "--only-show-errors")
    assert (finished.code, finished.stderr) == (0, "")
    assert "s3.UploadPartCopy" in finished.operations
    cli("s3", "cp", url + "-copied", copy, "--only-show-errors")
    assert copy.read_bytes() == body


def test_high_level_errors(cli, bucket, tmp_path):  # [CLI] User Guide, "Return codes"
    absent = cli.run("s3", "cp", f"s3://{bucket}/none", tmp_path / "none")
    assert absent.code == NOT_ALL_DONE
    assert error_in(absent.stderr.removeprefix("fatal error: ")) == (
        "404", "HeadObject", 'Key "none" does not exist')
    assert cli.refused("s3", "ls", f"s3://{unique()}") == (
        "NoSuchBucket", "ListObjectsV2", "The specified bucket does not exist")
    assert cli.run("s3", "ls", f"s3://{bucket}/none").code == NOT_ALL_DONE
    cli("s3", "cp", "-", f"s3://{bucket}/k", stdin="x")
    full = cli.run("s3", "rb", f"s3://{bucket}")
    assert full.code == NOT_ALL_DONE
    assert error_in(full.stderr.removeprefix(f"remove_bucket failed: s3://{bucket}")) == (
        "BucketNotEmpty", "DeleteBucket", "The bucket you tried to delete is not empty")
    assert cli.run("s3", "mb", bucket).code in (USAGE_ERROR, OTHER_ERROR)


def test_presigned_urls(cli, bucket):  # [CLI] s3 presign
    cli("s3", "cp", "-", f"s3://{bucket}/k", stdin="through a link")
    url = cli("s3", "presign", f"s3://{bucket}/k", "--expires-in", "60").strip()
    assert "X-Amz-Signature=" in url and "X-Amz-Expires=60" in url
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"through a link"


def test_the_spawned_command(aws, cli, bucket, tmp_path):  # [CLI] s3 sync; "Return codes"
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "sub").mkdir(parents=True)
    for file in ("a.txt", "sub/b.txt"):
        (source / file).write_text(file[-5])
        # S3's times have whole seconds: a file as new as its copy would count as newer.
        os.utime(source / file, (1_700_000_000, 1_700_000_000))
    url = f"s3://{bucket}/site"
    uploaded = aws.cli("s3", "sync", str(source), url)
    assert uploaded.count("upload: ") == 2 and keys(cli, bucket) == ["site/a.txt", "site/sub/b.txt"]
    assert aws.cli("s3", "sync", str(source), url) == ""
    (source / "a.txt").unlink()
    assert f"delete: {url}/a.txt" in aws.cli("s3", "sync", str(source), url, "--delete")
    aws.cli("s3", "sync", url, str(target))
    assert (target / "sub/b.txt").read_text() == "b" and not (target / "a.txt").exists()
    done = aws.cli("s3api", "get-object", "--bucket", bucket, "--key", "none",
                   str(tmp_path / "none"), check=False)
    assert (done.returncode, done.stdout) == (SERVICE_ERROR, "")
    assert error_in(done.stderr) == ("NoSuchKey", "GetObject",
                                     "The specified key does not exist.")


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("s3", aws.region_endpoint("us-east-1")) == []
