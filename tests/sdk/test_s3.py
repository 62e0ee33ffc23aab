"""S3 as boto3 sees it. Sources: the S3 API Reference (operation pages, "Error responses") and the S3
User Guide, each named beside what it says."""
import base64
import datetime
import hashlib
import io
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zlib

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from tests.support.younger import more


@pytest.fixture(scope="module")
def s3(aws):
    return aws.client("s3", region="us-east-1")


@pytest.fixture
def bucket(s3):
    name = f"tandem-test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    yield name
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def code_of(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["Error"]["Code"]


def status_of(error):
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_bucket_life(s3):
    # CreateBucket, HeadBucket, ListBuckets, DeleteBucket.
    name = f"tandem-test-{uuid.uuid4()}"
    assert code_of(s3.head_bucket, Bucket=name) == "404"
    created = s3.create_bucket(Bucket=name)
    assert created["Location"] == f"/{name}"
    head = s3.head_bucket(Bucket=name)
    assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    # CreateBucket: in us-east-1 creating one's own bucket again succeeds.
    s3.create_bucket(Bucket=name)
    listed = {entry["Name"]: entry for entry in s3.list_buckets()["Buckets"]}
    assert isinstance(listed[name]["CreationDate"], datetime.datetime)
    s3.put_object(Bucket=name, Key="k", Body=b"")
    assert code_of(s3.delete_bucket, Bucket=name) == "BucketNotEmpty"
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    assert code_of(s3.delete_bucket, Bucket=name) == "NoSuchBucket"
    assert code_of(s3.get_object, Bucket=name, Key="k") == "NoSuchBucket"


def test_location(aws, s3, bucket):
    # GetBucketLocation: null for us-east-1. CreateBucket: the constraint must fit the endpoint.
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    west = aws.client("s3", region="us-west-2")
    name = f"tandem-test-{uuid.uuid4()}"
    assert code_of(west.create_bucket, Bucket=name) == "IllegalLocationConstraintException"
    constraint = {"LocationConstraint": "us-west-2"}
    west.create_bucket(Bucket=name, CreateBucketConfiguration=constraint)
    try:
        assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "us-west-2"
        assert code_of(west.create_bucket, Bucket=name,
                       CreateBucketConfiguration=constraint) == "BucketAlreadyOwnedByYou"
    finally:
        west.delete_bucket(Bucket=name)


@pytest.fixture
def west_bucket(aws):
    west = aws.client("s3", region="us-west-2")
    name = f"tandem-test-{uuid.uuid4()}"
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    yield name
    for entry in west.list_objects_v2(Bucket=name).get("Contents", []):
        west.delete_object(Bucket=name, Key=entry["Key"])
    west.delete_bucket(Bucket=name)


def test_a_name_is_one_regions(aws, s3, west_bucket):
    # CreateBucket: BucketAlreadyOwnedByYou. "General purpose buckets overview": a name is unique
    # across all accounts in all the Regions within a partition.
    assert code_of(s3.create_bucket, Bucket=west_bucket) == "BucketAlreadyOwnedByYou"
    assert s3.get_bucket_location(Bucket=west_bucket)["LocationConstraint"] == "us-west-2"
    for client in (s3, aws.client("s3", region="us-west-2")):
        assert west_bucket in [entry["Name"] for entry in client.list_buckets()["Buckets"]]


def test_list_buckets_lists_what_is_asked_for(aws, bucket, west_bucket):
    """API Reference, ListBuckets: prefix, bucket-region, pages. Debian's botocore does not know them."""
    def answer(query):
        client, text = aws.client("s3", region="us-east-1"), []
        client.meta.events.register("after-call.s3.ListBuckets", lambda http_response, **_: text.append(
            http_response.text))
        with more(client, "ListBuckets", query=query):
            return client.list_buckets()["Buckets"], text[0]

    def listed(query):
        return [entry["Name"] for entry in answer(query)[0]]

    assert listed(f"prefix={bucket}") == [bucket]
    western = listed("bucket-region=us-west-2")
    assert west_bucket in western and bucket not in western
    assert listed("prefix=none-is-named-so") == []
    # "If the request contains at least one valid parameter, it is included in the response."
    assert "<BucketRegion>us-west-2<" in answer(f"prefix={west_bucket}")[1]
    assert "<BucketRegion>" not in answer("")[1]

    everything, paged, token = listed(""), [], ""
    for _ in range(len(everything)):
        page, text = answer(f"max-buckets=1{token}")
        assert len(page) == 1
        paged += [entry["Name"] for entry in page]
        following = re.search("<ContinuationToken>(.*)</ContinuationToken>", text)
        token = following and "&continuation-token=" + urllib.parse.quote(following[1])
    assert paged == everything and not token
    for query in ("max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=x"):
        with pytest.raises(ClientError, match="InvalidArgument"):
            listed(query)


def test_what_a_link_says_for_a_header_is_not_passed_over(s3, bucket):
    """S3 takes "x-amz-" fields of a query for headers, as presigners put them there."""
    link = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    asked = urllib.request.Request(f"{link}&x-amz-copy-source={bucket}/other", method="PUT", data=b"")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert refused.value.code in (400, 403, 501)
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


def test_copies_from_another_region(aws, s3, bucket, west_bucket):
    """API Reference, CopyObject: "You can copy ... between Regions"; the request goes to the target's."""
    content = bytes(range(256)) * 4096 * 6
    west = aws.client("s3", region="us-west-2")
    west.put_object(Bucket=west_bucket, Key="far ä", Body=content, ContentType="text/far", Metadata={"a": "b"})
    source = {"Bucket": west_bucket, "Key": "far ä"}
    s3.copy_object(Bucket=bucket, Key="near", CopySource=source)
    got = s3.get_object(Bucket=bucket, Key="near")
    assert got["Body"].read() == content
    assert (got["ContentType"], got["Metadata"]) == ("text/far", {"a": "b"})
    s3.copy(source, bucket, "parts", Config=TransferConfig(
        multipart_threshold=5 << 20, multipart_chunksize=5 << 20), SourceClient=west)
    got = s3.get_object(Bucket=bucket, Key="parts")
    assert got["Body"].read() == content and got["ETag"].endswith('-2"')
    assert code_of(s3.copy_object, Bucket=bucket, Key="k",
                   CopySource={"Bucket": west_bucket, "Key": "none"}) == "NoSuchKey"
    assert code_of(s3.copy_object, Bucket=bucket, Key="k", CopySource=source,
                   CopySourceIfMatch='"0"') == "PreconditionFailed"


def test_another_region_is_followed_to(aws, west_bucket):
    # botocore's S3RegionRedirector: PermanentRedirect, or 301 with x-amz-bucket-region for a HEAD.
    def client():  # Each with no memory of where the bucket is.
        return aws.client("s3", region="us-east-1")
    client().put_object(Bucket=west_bucket, Key="k", Body=b"far")
    assert client().get_object(Bucket=west_bucket, Key="k")["Body"].read() == b"far"
    assert client().head_object(Bucket=west_bucket, Key="k")["ContentLength"] == 3
    head = client().head_bucket(Bucket=west_bucket)
    assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-west-2"
    assert [entry["Key"] for entry in client().list_objects_v2(Bucket=west_bucket)["Contents"]] == ["k"]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def test_permanent_redirect(aws, west_bucket):
    # "Making requests using the REST API": the error names the endpoint; what botocore reads of it.
    for method in ("GET", "HEAD", "DELETE"):
        s3 = aws.client("s3", region="us-east-1", signature_version="s3v4")
        operation = {"GET": "get_object", "HEAD": "head_object", "DELETE": "delete_object"}[method]
        url = s3.generate_presigned_url(operation, Params={"Bucket": west_bucket, "Key": "key"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.build_opener(NoRedirect).open(urllib.request.Request(url, method=method))
        assert refused.value.code == 301
        assert refused.value.headers["x-amz-bucket-region"] == "us-west-2"
        text = refused.value.read().decode()
        if method == "HEAD":
            assert text == ""
            continue
        assert "<Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be " \
            "addressed using the specified endpoint. Please send all future requests to this endpoint." \
            "</Message>" in text
        assert f"<Endpoint>{west_bucket}.s3.us-west-2.amazonaws.com</Endpoint>" in text
        assert f"<Bucket>{west_bucket}</Bucket>" in text


def test_default_presigned_urls_of_another_region(aws, west_bucket):
    # "Virtual hosting of buckets": bucket.s3.amazonaws.com leads to the bucket's Region; boto3 signs
    # links with version 2 by default, which names no region.
    west = aws.client("s3", region="us-west-2", signature_version="s3")
    put = west.generate_presigned_url("put_object", Params={
        "Bucket": west_bucket, "Key": "linked", "ContentType": "text/plain"})
    assert "Signature=" in put and "X-Amz-Credential" not in put
    request = urllib.request.Request(put, data=b"by link", method="PUT",
                                     headers={"Content-Type": "text/plain"})
    assert urllib.request.urlopen(request).status == 200
    get = west.generate_presigned_url("get_object", Params={"Bucket": west_bucket, "Key": "linked"})
    assert urllib.request.urlopen(get).read() == b"by link"
    # The slash that botocore signs after a bucket is not in the link.
    listed = west.generate_presigned_url("list_objects", Params={"Bucket": west_bucket})
    assert b"<Key>linked</Key>" in urllib.request.urlopen(listed).read()


def test_location_constraints_at_the_first_region(aws, s3):
    # CreateBucket, LocationConstraint: "Specifies the Region where the bucket will be created".
    name = f"tandem-test-{uuid.uuid4()}"
    for wrong in ("us-east-1", "mars-north-1"):
        assert code_of(s3.create_bucket, Bucket=name, CreateBucketConfiguration={
            "LocationConstraint": wrong}) == "InvalidLocationConstraint"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    west = aws.client("s3", region="us-west-2")
    try:
        head = west.head_bucket(Bucket=name)
        assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-west-2"
        assert code_of(west.create_bucket, Bucket=name, CreateBucketConfiguration={
            "LocationConstraint": "eu-west-1"}) == "IllegalLocationConstraintException"
    finally:
        west.delete_bucket(Bucket=name)
    # Its name is free again, for any region.
    s3.create_bucket(Bucket=name)
    s3.delete_bucket(Bucket=name)


def test_bucket_names(s3):
    # User Guide, "General purpose bucket naming rules".
    for name in ("ab", "has_underscore", "two..dots", "xn--prefix"):
        assert code_of(s3.create_bucket, Bucket=name) == "InvalidBucketName", name


def test_object_round_trip(s3, bucket):
    # PutObject, GetObject, HeadObject.
    body = bytes(range(256)) * 10
    put = s3.put_object(Bucket=bucket, Key="a/ä b+c", Body=body, ContentType="text/x-test",
                        CacheControl="no-cache", ContentDisposition="inline",
                        ContentLanguage="en", Metadata={"Color": "blue"})
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    assert put["ETag"] == etag
    assert put["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=bucket, Key="a/ä b+c")
    assert got["Body"].read() == body
    head = s3.head_object(Bucket=bucket, Key="a/ä b+c")
    for answer in (got, head):
        assert answer["ETag"] == etag
        assert answer["ContentLength"] == len(body)
        assert answer["ContentType"] == "text/x-test"
        assert answer["CacheControl"] == "no-cache"
        assert answer["ContentDisposition"] == "inline"
        assert answer["ContentLanguage"] == "en"
        assert answer["AcceptRanges"] == "bytes"
        # User Guide, "Working with object metadata": names are stored in lower case.
        assert answer["Metadata"] == {"color": "blue"}
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    # PutObject: "the default value is binary/octet-stream".
    assert s3.head_object(Bucket=bucket, Key="plain")["ContentType"] == "binary/octet-stream"


def test_missing_objects(s3, bucket):
    with pytest.raises(s3.exceptions.NoSuchKey) as missing:
        s3.get_object(Bucket=bucket, Key="none")
    assert status_of(missing) == 404
    assert missing.value.response["Error"]["Key"] == "none"
    assert code_of(s3.head_object, Bucket=bucket, Key="none") == "404"
    # DeleteObject answers 204 for a key that is not there.
    deleted = s3.delete_object(Bucket=bucket, Key="none")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_digests(s3, bucket):
    # PutObject: Content-MD5 and x-amz-checksum-*; "Error responses": BadDigest, InvalidDigest.
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x",
                   ContentMD5=wrong) == "BadDigest"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x",
                   ContentMD5="xx") == "InvalidDigest"
    crc = base64.b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"content", ChecksumCRC32=crc)
    assert put["ChecksumCRC32"] == crc
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"changed",
                   ChecksumCRC32=crc) == "BadDigest"
    shown = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert shown["ChecksumCRC32"] == crc
    # "Checking object integrity in Amazon S3": x-amz-checksum-type, which Debian's botocore does not know.
    for answer in (put, shown):
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-checksum-type"] == "FULL_OBJECT"
    listed, = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert listed["ChecksumAlgorithm"] == ["CRC32"]
    assert "ChecksumCRC32" not in s3.head_object(Bucket=bucket, Key="k")
    sha = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    put = s3.put_object(Bucket=bucket, Key="k2", Body=b"content", ChecksumAlgorithm="SHA256")
    assert put["ChecksumSHA256"] == sha


def test_ranges(s3, bucket):
    # GetObject, Range; RFC 9110 §14.
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")

    def part(header):
        answer = s3.get_object(Bucket=bucket, Key="k", Range=header)
        return answer["Body"].read(), answer.get("ContentRange")

    assert part("bytes=2-4") == (b"234", "bytes 2-4/10")
    assert part("bytes=7-") == (b"789", "bytes 7-9/10")
    assert part("bytes=-2") == (b"89", "bytes 8-9/10")
    assert part("bytes=8-99") == (b"89", "bytes 8-9/10")
    assert part("nonsense") == (b"0123456789", None)
    with pytest.raises(ClientError) as outside:
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
    assert outside.value.response["Error"]["Code"] == "InvalidRange"
    assert status_of(outside) == 416


def test_conditional_reads(s3, bucket):
    # GetObject, IfMatch and the others, and what two of them together mean.
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    before = modified - datetime.timedelta(hours=1)

    def get(**conditions):
        try:
            answer = s3.get_object(Bucket=bucket, Key="k", **conditions)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return answer["ResponseMetadata"]["HTTPStatusCode"]

    assert get(IfMatch=etag) == 200
    assert get(IfMatch='"0"') == "PreconditionFailed"
    assert get(IfNoneMatch='"0"') == 200
    assert get(IfNoneMatch=etag) == "304"
    assert get(IfModifiedSince=modified) == "304"
    assert get(IfModifiedSince=before) == 200
    assert get(IfUnmodifiedSince=before) == "PreconditionFailed"
    assert get(IfMatch=etag, IfUnmodifiedSince=before) == 200
    assert get(IfNoneMatch=etag, IfModifiedSince=before) == "304"


def test_response_overrides(s3, bucket):
    # GetObject, response-content-type and the others.
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/plain")
    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/html",
                        ResponseContentDisposition="attachment")
    assert got["ContentType"] == "text/html"
    assert got["ContentDisposition"] == "attachment"


KEYS = ["a", "b/1", "b/2", "b/c/3", "c/1", "d"]


@pytest.fixture
def filled(s3, bucket):
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def test_list_v2(s3, filled):
    # ListObjectsV2.
    answer = s3.list_objects_v2(Bucket=filled)
    assert [entry["Key"] for entry in answer["Contents"]] == KEYS
    assert answer["KeyCount"] == 6
    assert answer["MaxKeys"] == 1000
    assert answer["Name"] == filled
    assert answer["IsTruncated"] is False
    first = answer["Contents"][0]
    assert first["Size"] == 1
    assert first["ETag"] == f'"{hashlib.md5(b"a").hexdigest()}"'
    assert first["StorageClass"] == "STANDARD"
    assert "Owner" not in first
    assert "ID" in s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]["Owner"]
    rolled = s3.list_objects_v2(Bucket=filled, Delimiter="/")
    assert [entry["Key"] for entry in rolled["Contents"]] == ["a", "d"]
    assert [entry["Prefix"] for entry in rolled["CommonPrefixes"]] == ["b/", "c/"]
    assert rolled["KeyCount"] == 4
    below = s3.list_objects_v2(Bucket=filled, Prefix="b/", Delimiter="/")
    assert [entry["Key"] for entry in below["Contents"]] == ["b/1", "b/2"]
    assert [entry["Prefix"] for entry in below["CommonPrefixes"]] == ["b/c/"]
    after = s3.list_objects_v2(Bucket=filled, StartAfter="b/2")
    assert [entry["Key"] for entry in after["Contents"]] == ["b/c/3", "c/1", "d"]
    assert s3.list_objects_v2(Bucket=filled, Prefix="zz")["KeyCount"] == 0


def test_list_v2_pages(s3, filled):
    pages, token = [], {}
    while True:
        answer = s3.list_objects_v2(Bucket=filled, MaxKeys=2, Delimiter="/", **token)
        pages.append([entry["Key"] for entry in answer.get("Contents", [])]
                     + [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])])
        if not answer["IsTruncated"]:
            break
        token = {"ContinuationToken": answer["NextContinuationToken"]}
    assert pages == [["a", "b/"], ["d", "c/"]]
    assert code_of(s3.list_objects_v2, Bucket=filled,
                   ContinuationToken="!") == "InvalidArgument"
    assert s3.list_objects_v2(Bucket=filled, MaxKeys=0)["KeyCount"] == 0


def test_list_v1_pages(s3, filled):
    # ListObjects: NextMarker only with a delimiter; else the last key is the next marker.
    answer = s3.list_objects(Bucket=filled, MaxKeys=2)
    assert [entry["Key"] for entry in answer["Contents"]] == ["a", "b/1"]
    assert answer["IsTruncated"] is True
    assert "NextMarker" not in answer
    assert "ID" in answer["Contents"][0]["Owner"]
    answer = s3.list_objects(Bucket=filled, MaxKeys=2, Delimiter="/")
    assert answer["NextMarker"] == "b/"
    rest = s3.list_objects(Bucket=filled, Delimiter="/", Marker="b/")
    assert [entry["Key"] for entry in rest["Contents"]] == ["d"]
    assert [entry["Prefix"] for entry in rest["CommonPrefixes"]] == ["c/"]


def test_list_encodes_keys(s3, bucket):
    # ListObjectsV2, EncodingType: keys may hold what XML 1.0 cannot.
    keys = sorted(["a b+c&<é>", "control\x01", "slash/in"])
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    # boto3 asks for encoding-type=url and decodes.
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == keys


def test_delete_objects(s3, filled):
    # DeleteObjects: keys that are not there count as deleted.
    answer = s3.delete_objects(Bucket=filled, Delete={
        "Objects": [{"Key": "a"}, {"Key": "b/1"}, {"Key": "none"}]})
    assert [entry["Key"] for entry in answer["Deleted"]] == ["a", "b/1", "none"]
    quiet = s3.delete_objects(Bucket=filled, Delete={"Objects": [{"Key": "d"}], "Quiet": True})
    assert "Deleted" not in quiet
    left = [entry["Key"] for entry in s3.list_objects_v2(Bucket=filled)["Contents"]]
    assert left == ["b/2", "b/c/3", "c/1"]


def test_copy(s3, bucket):
    # CopyObject: metadata goes along unless replaced.
    etag = s3.put_object(Bucket=bucket, Key="from ä", Body=b"content", ContentType="text/plain",
                         Metadata={"m": "v"})["ETag"]
    source = {"Bucket": bucket, "Key": "from ä"}
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == etag
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (
        b"content", "text/plain", {"m": "v"})
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE",
                   Metadata={"n": "w"})
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"n": "w"}
    assert code_of(s3.copy_object, Bucket=bucket, Key="from ä", CopySource=source) == "InvalidRequest"
    assert code_of(s3.copy_object, Bucket=bucket, Key="to",
                   CopySource={"Bucket": bucket, "Key": "none"}) == "NoSuchKey"
    assert code_of(s3.copy_object, Bucket=bucket, Key="to", CopySource=source,
                   CopySourceIfMatch='"0"') == "PreconditionFailed"


PART = 5 * 1024 * 1024


def test_multipart(s3, bucket):
    # CreateMultipartUpload, UploadPart, ListParts, CompleteMultipartUpload.
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ContentType="text/plain",
                                        Metadata={"m": "v"})["UploadId"]
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [(entry["Key"], entry["UploadId"]) for entry in listed] == [("k", upload)]
    first, last = b"a" * PART, b"tail"
    tags = [s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number,
                           Body=body)["ETag"] for number, body in ((1, first), (2, last))]
    parts = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [(1, PART), (2, 4)]
    named = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
    assert code_of(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload,
                   MultipartUpload={"Parts": named[::-1]}) == "InvalidPartOrder"
    assert code_of(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload,
                   MultipartUpload={"Parts": [{"PartNumber": 3, "ETag": tags[0]}]}) == "InvalidPart"
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload,
                                        MultipartUpload={"Parts": named})
    digest = hashlib.md5(hashlib.md5(first).digest() + hashlib.md5(last).digest()).hexdigest()
    assert done["ETag"] == f'"{digest}-2"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == first + last
    assert (got["ContentType"], got["Metadata"]) == ("text/plain", {"m": "v"})
    assert code_of(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload) == "NoSuchUpload"


def test_multipart_of_another_size_than_expected(s3, bucket):
    # CompleteMultipartUpload, x-amz-mp-object-size: "If there's a mismatch between the specified object size
    # value and the actual object size value, it results in an HTTP 400 InvalidRequest error."
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    tag = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"four")["ETag"]
    request = {"Bucket": bucket, "Key": "k", "UploadId": upload,
               "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": tag}]}}
    with more(s3, "CompleteMultipartUpload", headers={"x-amz-mp-object-size": "5"}):
        assert code_of(s3.complete_multipart_upload, **request) == "InvalidRequest"
    with more(s3, "CompleteMultipartUpload", headers={"x-amz-mp-object-size": "4"}):
        s3.complete_multipart_upload(**request)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"four"


def test_fields_of_a_query_string_that_are_for_others(s3, bucket):
    # User guide, "Amazon S3 server access log format": S3 ignores parameters that begin with x-, which are for
    # the log.
    with more(s3, "PutObject", query="x-user=me&x-id=PutObject"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with more(s3, "GetObject", query="x-user=me"):
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_multipart_small_part_and_abort(s3, bucket):
    # CompleteMultipartUpload, EntityTooSmall; AbortMultipartUpload.
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    named = [{"PartNumber": number, "ETag": s3.upload_part(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=b"small")["ETag"]}
        for number in (1, 2)]
    assert code_of(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload,
                   MultipartUpload={"Parts": named}) == "EntityTooSmall"
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert code_of(s3.upload_part, Bucket=bucket, Key="k", UploadId=upload, PartNumber=1,
                   Body=b"x") == "NoSuchUpload"
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


def test_managed_transfer(s3, bucket):
    # boto3's transfer manager splits files over 8 MB.
    body = bytes(range(256)) * (9 * 4096)
    s3.upload_fileobj(io.BytesIO(body), bucket, "large")
    assert s3.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-2"')
    target = io.BytesIO()
    s3.download_fileobj(bucket, "large", target)
    assert target.getvalue() == body


def test_presigned_urls(aws, bucket):
    # "Authenticating requests: using query parameters (AWS Signature Version 4)".
    s3 = aws.client("s3", region="us-east-1", signature_version="s3v4")
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "signed"})
    request = urllib.request.Request(put, data=b"through a link", method="PUT")
    assert urllib.request.urlopen(request).status == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "signed"})
    assert urllib.request.urlopen(get).read() == b"through a link"


def test_headers_added_to_a_presigned_url_are_refused(aws, bucket):
    # S3's answer as in aws/aws-sdk-js issue 896 and badslug/Paw-AWSSignature4DynamicValue issue 4.
    s3 = aws.client("s3", region="us-east-1", signature_version="s3v4")
    s3.put_object(Bucket=bucket, Key="secret", Body=b"not for you")
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "linked"})
    for headers in ({"x-amz-copy-source": f"{bucket}/secret"}, {"X-Amz-Meta-Owner": "me"},
                    {"x-amz-meta-a": "1", "x-amz-tagging": "b=2"}):
        request = urllib.request.Request(put, data=b"", method="PUT", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        text = refused.value.read().decode()
        assert refused.value.code == 403
        assert "<Code>AccessDenied</Code><Message>There were headers present in the request which " \
            "were not signed</Message>" in text
        names = ", ".join(sorted(name.lower() for name in headers))
        assert f"<HeadersNotSigned>{names}</HeadersNotSigned>" in text
    assert code_of(s3.head_object, Bucket=bucket, Key="linked") == "404"
    # What is signed counts, and a Content-Type may be added.
    put = s3.generate_presigned_url("put_object", Params={
        "Bucket": bucket, "Key": "linked", "Metadata": {"owner": "me"}})
    request = urllib.request.Request(put, data=b"mine", method="PUT", headers={
        "x-amz-meta-owner": "me", "Content-Type": "text/plain"})
    assert urllib.request.urlopen(request).status == 200
    assert s3.head_object(Bucket=bucket, Key="linked")["Metadata"] == {"owner": "me"}


def test_presigned_urls_as_boto3_makes_them_by_default(aws, bucket):
    # boto3 presigns with version 2 unless told otherwise, and S3 serves such URLs in us-east-1.
    s3 = aws.client("s3", region="us-east-1", signature_version="s3")
    put = s3.generate_presigned_url("put_object", Params={
        "Bucket": bucket, "Key": "a key/\u00e4", "ContentType": "text/plain"})
    assert "AWSAccessKeyId=" in put
    request = urllib.request.Request(put, data=b"by link", method="PUT",
                                     headers={"Content-Type": "text/plain"})
    assert urllib.request.urlopen(request).status == 200
    get = s3.generate_presigned_url("get_object", Params={
        "Bucket": bucket, "Key": "a key/\u00e4", "ResponseContentType": "text/x-shown"})
    answer = urllib.request.urlopen(get)
    assert answer.read() == b"by link" and answer.headers["Content-Type"] == "text/x-shown"

    def refusal(url, **more):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, **more))
        return refused.value.code, refused.value.read().decode()
    # What is not signed changes the signature: another key, a longer life, a header.
    for url, more in ((get.replace("a%20key", "b%20key"), {}),
                      (get.replace("Expires=", "Expires=9"), {}),
                      (put, {"data": b"", "method": "PUT", "headers": {
                          "Content-Type": "text/plain", "x-amz-meta-a": "1"}})):
        code, text = refusal(url, **more)
        assert code == 403 and "<Code>SignatureDoesNotMatch</Code>" in text
    old = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"},
                                    ExpiresIn=-60)
    code, text = refusal(old)
    assert code == 403 and "<Message>Request has expired</Message>" in text
    # Requests signed so in their header: "Moving from Signature Version 2 to Signature Version 4",
    # buckets made since June 24, 2020 do not take them.
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "InvalidRequest"


def test_what_follows_an_empty_object_on_a_connection(aws, bucket):
    """botocore sends "Expect: 100-continue" before an empty object, too, and waits for 100 Continue (RFC
    9110, section 10.1.1)."""
    s3 = aws.client("s3", region="us-east-1", max_pool_connections=1)
    for key, body in (("empty", b""), ("full", b"content"), ("empty again", b"")):
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body


def test_headers_in_a_presigned_url_count(aws, bucket):
    """Presigners put headers into the query: botocore's HmacV1QueryAuth all that begin with "x-amz-", and
    AWS's SDK for JavaScript (signature-v4, moveHeadersToQuery)."""
    def put(link):
        # urllib would add a Content-Type, which version 2 signs.
        return urllib.request.urlopen(urllib.request.Request(
            link, data=b"mine", method="PUT", headers={"Content-Type": ""})).status

    older = aws.client("s3", region="us-east-1", signature_version="s3")
    link = older.generate_presigned_url("put_object", Params={
        "Bucket": bucket, "Key": "older", "Metadata": {"owner": "me"}, "ACL": "bucket-owner-full-control"})
    assert "x-amz-meta-owner=me" in link and put(link) == 200
    s3 = aws.client("s3", region="us-east-1")
    assert s3.head_object(Bucket=bucket, Key="older")["Metadata"] == {"owner": "me"}

    def hoisted(key, fields):
        request = AWSRequest("PUT", f"{s3.meta.endpoint_url}/{bucket}/{key}?{fields}")
        S3SigV4QueryAuth(s3._request_signer._credentials, "s3", "us-east-1", expires=60).add_auth(request)
        return request.url
    checksum = urllib.parse.quote(base64.b64encode(zlib.crc32(b"mine").to_bytes(4, "big")))
    assert put(hoisted("newer", f"x-amz-meta-owner=you&x-amz-storage-class=STANDARD&x-amz-checksum-crc32={checksum}")) == 200
    assert s3.head_object(Bucket=bucket, Key="newer")["Metadata"] == {"owner": "you"}
    for fields, code in (("x-amz-checksum-crc32=AAAAAA%3D%3D", b"BadDigest"),
                         ("x-amz-expected-bucket-owner=000000000001", b"AccessDenied"),
                         ("x-amz-tagging=a%3Db", b"NotImplemented"), ("x-amz-not-known=1", b"NotImplemented"),
                         ("x-amz-meta-a=b%0D%0Ac", b"NotImplemented")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            put(hoisted("refused", fields))
        assert code in refused.value.read(), fields
    assert code_of(s3.head_object, Bucket=bucket, Key="refused") == "404"
    # CopyObject by a link, and what is sent along is no object's content.
    assert put(hoisted("copy", f"x-amz-copy-source={bucket}/newer")) == 200
    assert s3.get_object(Bucket=bucket, Key="copy")["Metadata"] == {"owner": "you"}


def test_tagging(s3, bucket):
    # GetBucketTagging: NoSuchTagSet while there is none.
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    got = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert sorted(got, key=lambda tag: tag["Key"]) == tags
    assert code_of(s3.put_bucket_tagging, Bucket=bucket,
                   Tagging={"TagSet": [tags[0], tags[0]]}) == "InvalidTag"
    s3.delete_bucket_tagging(Bucket=bucket)
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"


def test_bucket_defaults(s3, bucket):
    # User Guide: since January 2023 SSE-S3 is the default; versioning is off until it is enabled.
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_acls_are_off(s3, bucket):
    # User Guide, "Controlling ownership of objects": new buckets do not allow ACLs.
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"",
                   ACL="public-read") == "AccessControlListNotSupported"
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="bucket-owner-full-control")


def test_keys_have_a_limit(s3, bucket):
    # User Guide, "Naming Amazon S3 objects": at most 1,024 bytes of UTF-8.
    s3.put_object(Bucket=bucket, Key="k" * 1024, Body=b"")
    assert code_of(s3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"") == "KeyTooLongError"
