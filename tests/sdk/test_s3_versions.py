"""Versions of S3's objects as boto3 sees them. Sources: [API] S3 API Reference, the operation's page; [UG] S3
User Guide, the page named; [LS] answers of AWS recorded in LocalStack's tests
(tests/aws/services/s3/test_s3_api.snapshot.json)."""
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.younger import more


@pytest.fixture(scope="module")
def s3(aws):
    return aws.client("s3", region="us-east-1")


def versions_of(s3, bucket, **arguments):
    """(key, version, latest, is a marker) in the order of the listing, which boto3 has in two lists."""
    page = s3.list_object_versions(Bucket=bucket, **arguments)
    lines = [(one, False) for one in page.get("Versions", [])]
    lines += [(one, True) for one in page.get("DeleteMarkers", [])]
    return [(one["Key"], one["VersionId"], one["IsLatest"], marker) for one, marker in lines]


@pytest.fixture
def empty(s3):
    name = f"tandem-test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=name)


def set_versioning(s3, bucket, status):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


@pytest.fixture
def bucket(s3, empty):
    set_versioning(s3, empty, "Enabled")
    return empty


def put(s3, bucket, key, body):
    return s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId")


def body(s3, bucket, key, **arguments):
    return s3.get_object(Bucket=bucket, Key=key, **arguments)["Body"].read()


def refused(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response


def code_of(call, **arguments):
    return refused(call, **arguments)["Error"]["Code"]


def test_versioning_is_set_and_suspended_but_never_taken_away(s3, empty):
    # [LS] test_bucket_versioning_crud
    assert "Status" not in s3.get_bucket_versioning(Bucket=empty)
    for status in ("Suspended", "Enabled", "Suspended"):
        set_versioning(s3, empty, status)
        assert s3.get_bucket_versioning(Bucket=empty)["Status"] == status
    for status in ("enabled", "Disabled"):
        assert code_of(s3.put_bucket_versioning, Bucket=empty,
                       VersioningConfiguration={"Status": status}) == "MalformedXML"
    error = refused(s3.put_bucket_versioning, Bucket=empty, VersioningConfiguration={})["Error"]
    assert (error["Code"], error["Message"]) == ("IllegalVersioningConfigurationException",
                                                 "The Versioning element must be specified")
    for call in (s3.get_bucket_versioning, s3.list_object_versions):
        assert code_of(call, Bucket=f"tandem-test-{uuid.uuid4()}") == "NoSuchBucket"


def test_an_overwritten_object_keeps_its_older_versions(s3, bucket):
    # [UG] "How S3 Versioning works"; [API] PutObject, GetObject, HeadObject: versionId
    first, second = put(s3, bucket, "k", b"one"), put(s3, bucket, "k", b"two!")
    assert first != second and len(first) == len(second) == 32
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["VersionId"], got["Body"].read()) == (second, b"two!")
    assert body(s3, bucket, "k", VersionId=first) == b"one"
    head = s3.head_object(Bucket=bucket, Key="k", VersionId=first)
    assert (head["VersionId"], head["ContentLength"]) == (first, 3)
    assert body(s3, bucket, "k", VersionId=first, Range="bytes=1-") == b"ne"
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=first)["VersionId"] == first
    assert versions_of(s3, bucket) == [("k", second, True, False), ("k", first, False, False)]
    assert [one["Size"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [4]


def test_deleting_puts_a_marker_in_the_objects_place(s3, bucket):
    # [LS] test_delete_object_versioned; [UG] "Working with delete markers"
    version = put(s3, bucket, "k", b"x")
    deleted = s3.delete_object(Bucket=bucket, Key="k")
    marker = deleted["VersionId"]
    assert deleted["DeleteMarker"] is True and marker != version
    gone = refused(s3.get_object, Bucket=bucket, Key="k")
    assert gone["Error"]["Code"] == "NoSuchKey" and gone["Error"]["Key"] == "k"
    headers = gone["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker)
    head = refused(s3.head_object, Bucket=bucket, Key="k")["ResponseMetadata"]
    assert (head["HTTPStatusCode"], head["HTTPHeaders"]["x-amz-delete-marker"]) == (404, "true")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert body(s3, bucket, "k", VersionId=version) == b"x"

    itself = refused(s3.get_object, Bucket=bucket, Key="k", VersionId=marker)
    assert (itself["Error"]["Code"], itself["Error"]["Method"], itself["Error"]["ResourceType"]) == (
        "MethodNotAllowed", "GET", "DeleteMarker")
    metadata = itself["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 405
    assert (metadata["HTTPHeaders"]["allow"], metadata["HTTPHeaders"]["x-amz-delete-marker"]) == ("DELETE", "true")
    assert refused(s3.head_object, Bucket=bucket, Key="k",
                   VersionId=marker)["ResponseMetadata"]["HTTPStatusCode"] == 405

    another = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    assert versions_of(s3, bucket) == [("k", version, False, False), ("k", another, True, True),
                                       ("k", marker, False, True)]
    # Without its markers the object is there again.
    for one in (another, marker):
        undone = s3.delete_object(Bucket=bucket, Key="k", VersionId=one)
        assert (undone["DeleteMarker"], undone["VersionId"]) == (True, one)
    assert body(s3, bucket, "k") == b"x"
    # [LS] a marker is put where nothing was.
    assert s3.delete_object(Bucket=bucket, Key="never")["DeleteMarker"] is True


def test_deleting_a_version_is_for_good(s3, bucket):
    # [LS] test_delete_object_versioned
    first, second = put(s3, bucket, "k", b"one"), put(s3, bucket, "k", b"two")
    deleted = s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert deleted["VersionId"] == second and "DeleteMarker" not in deleted
    assert body(s3, bucket, "k") == b"one"
    gone = refused(s3.get_object, Bucket=bucket, Key="k", VersionId=second)["Error"]
    assert (gone["Code"], gone["Message"], gone["VersionId"]) == (
        "NoSuchVersion", "The specified version does not exist.", second)
    again = s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert again["VersionId"] == second
    s3.delete_object(Bucket=bucket, Key="k", VersionId=first)
    assert code_of(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert versions_of(s3, bucket) == []


def test_ids_that_nobody_gave_are_refused(s3, bucket, empty):
    # [LS] test_delete_object, test_get_object_with_version_unversioned_bucket
    put(s3, bucket, "k", b"x")
    for call in (s3.get_object, s3.head_object, s3.delete_object):
        answer = refused(call, Bucket=bucket, Key="k", VersionId="HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
        if call != s3.head_object:
            error = answer["Error"]
            assert (error["Code"], error["Message"], error["ArgumentName"], error["ArgumentValue"]) == (
                "InvalidArgument", "Invalid version id specified", "versionId",
                "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD")
    assert code_of(s3.get_object, Bucket=bucket, Key="k", VersionId="null") == "NoSuchVersion"


def test_without_versioning_the_only_version_is_null(s3, empty):
    # [LS] test_get_object_with_version_unversioned_bucket, test_list_object_versions_order_unversioned
    assert put(s3, empty, "k", b"x") is None
    got = s3.get_object(Bucket=empty, Key="k", VersionId="null")
    assert got["Body"].read() == b"x" and "VersionId" not in got
    assert versions_of(s3, empty) == [("k", "null", True, False)]
    deleted = s3.delete_object(Bucket=empty, Key="k", VersionId="null")
    assert "VersionId" not in deleted and "DeleteMarker" not in deleted
    assert versions_of(s3, empty) == []


def test_what_was_there_before_is_the_null_version(s3, empty):
    # [UG] "How S3 Versioning works": objects stored before it was enabled have the version ID null.
    put(s3, empty, "k", b"before")
    set_versioning(s3, empty, "Enabled")
    assert s3.head_object(Bucket=empty, Key="k")["VersionId"] == "null"
    after = put(s3, empty, "k", b"after")
    assert body(s3, empty, "k", VersionId="null") == b"before"
    assert versions_of(s3, empty) == [("k", after, True, False), ("k", "null", False, False)]


def test_a_suspended_bucket_overwrites_its_null_version(s3, bucket):
    # [LS] test_put_object_on_suspended_bucket, test_delete_object_on_suspended_bucket
    kept = put(s3, bucket, "k", b"kept")
    set_versioning(s3, bucket, "Suspended")
    assert put(s3, bucket, "k", b"one") is None
    assert put(s3, bucket, "k", b"two") is None
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["VersionId"], got["Body"].read()) == ("null", b"two")
    assert versions_of(s3, bucket) == [("k", "null", True, False), ("k", kept, False, False)]
    deleted = s3.delete_object(Bucket=bucket, Key="k")
    assert (deleted["DeleteMarker"], deleted["VersionId"]) == (True, "null")
    assert versions_of(s3, bucket) == [("k", kept, False, False), ("k", "null", True, True)]
    assert put(s3, bucket, "k", b"three") is None
    assert versions_of(s3, bucket) == [("k", "null", True, False), ("k", kept, False, False)]
    set_versioning(s3, bucket, "Enabled")
    newest = put(s3, bucket, "k", b"four")
    assert [one[1] for one in versions_of(s3, bucket)] == [newest, "null", kept]


def test_several_are_deleted_at_once(s3, bucket):
    # [LS] test_delete_objects_versioned
    version = put(s3, bucket, "k", b"x")
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "none"}]})
    lines = {one["Key"]: one for one in deleted["Deleted"]}
    assert all(one["DeleteMarker"] and "VersionId" not in one for one in lines.values())
    marker = lines["k"]["DeleteMarkerVersionId"]
    assert marker != lines["none"]["DeleteMarkerVersionId"]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "k", "VersionId": marker}, {"Key": "k", "VersionId": version},
        {"Key": "k", "VersionId": "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"}]})
    assert deleted["Deleted"] == [
        {"Key": "k", "VersionId": marker, "DeleteMarker": True, "DeleteMarkerVersionId": marker},
        {"Key": "k", "VersionId": version}]
    assert [(one["Code"], one["Message"]) for one in deleted["Errors"]] == [
        ("NoSuchVersion", "The specified version does not exist.")]
    assert [one[0] for one in versions_of(s3, bucket)] == ["none"]


def test_copies_of_older_versions(s3, bucket, empty):
    # [UG] "Restoring previous versions"; [API] CopyObject: x-amz-copy-source-version-id
    first, second = put(s3, bucket, "k", b"one"), put(s3, bucket, "k", b"two")
    source = {"Bucket": bucket, "Key": "k", "VersionId": first}
    copied = s3.copy_object(Bucket=bucket, Key="k", CopySource=source)
    assert copied["CopySourceVersionId"] == first and copied["VersionId"] not in (first, second)
    assert body(s3, bucket, "k") == b"one"
    newest = s3.copy_object(Bucket=bucket, Key="other", CopySource={"Bucket": bucket, "Key": "k"})
    assert newest["CopySourceVersionId"] == copied["VersionId"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part_copy(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, CopySource=source)
    assert part["CopySourceVersionId"] == first
    done = s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})
    assert body(s3, bucket, "parts", VersionId=done["VersionId"]) == b"one"

    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    # [API] CopyObject, x-amz-copy-source: of a delete marker.
    assert code_of(s3.copy_object, Bucket=bucket, Key="x",
                   CopySource={"Bucket": bucket, "Key": "k"}) == "NoSuchKey"
    of_marker = refused(s3.copy_object, Bucket=bucket, Key="x",
                        CopySource={"Bucket": bucket, "Key": "k", "VersionId": marker})["Error"]
    assert (of_marker["Code"], of_marker["Message"]) == (
        "InvalidRequest",
        "The source of a copy request may not specifically refer to a delete marker by version id.")


def test_copies_of_versions_from_another_region(aws, s3, bucket):
    # [API] CopyObject: the source is anywhere.
    west = aws.client("s3", region="us-west-2")
    name = f"tandem-test-{uuid.uuid4()}"
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    try:
        old = put(s3, bucket, "k", b"old")
        put(s3, bucket, "k", b"newer")
        copied = west.copy_object(Bucket=name, Key="c",
                                  CopySource={"Bucket": bucket, "Key": "k", "VersionId": old})
        assert copied["CopySourceVersionId"] == old
        assert body(west, name, "c") == b"old"
        west.delete_object(Bucket=name, Key="c")
    finally:
        west.delete_bucket(Bucket=name)


def test_conditions_see_what_is_there_now(s3, bucket):
    # [UG] "Add preconditions to S3 operations with conditional requests": a delete marker is no object.
    put(s3, bucket, "k", b"x")
    tag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    with more(s3, "PutObject", headers={"If-None-Match": "*"}):
        assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"y") == "PreconditionFailed"
        s3.delete_object(Bucket=bucket, Key="k")
        version = put(s3, bucket, "k", b"y")
    assert code_of(s3.get_object, Bucket=bucket, Key="k", VersionId=version, IfMatch=tag) == "PreconditionFailed"


def test_versions_are_listed_page_by_page(s3, bucket):
    # [API] ListObjectVersions: key-marker, version-id-marker, max-keys, delimiter, prefix
    made = {}
    for key in ("a", "b/1", "b/2", "c c"):
        made[key] = [put(s3, bucket, key, b"1"), put(s3, bucket, key, b"2")]
    expected = [(key, version) for key in made for version in reversed(made[key])]
    for size in (1, 3, 8):
        pages = s3.get_paginator("list_object_versions").paginate(
            Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [(one["Key"], one["VersionId"]) for page in pages for one in page["Versions"]] == expected
    page = s3.list_object_versions(Bucket=bucket, Delimiter="/", MaxKeys=3)
    assert [one["Key"] for one in page["Versions"]] == ["a", "a"]
    assert page["CommonPrefixes"] == [{"Prefix": "b/"}]
    assert page["IsTruncated"] and page["NextKeyMarker"] == "b/" and "NextVersionIdMarker" not in page
    rest = s3.list_object_versions(Bucket=bucket, Delimiter="/", KeyMarker="b/")
    assert [one["Key"] for one in rest["Versions"]] == ["c c", "c c"] and "CommonPrefixes" not in rest
    assert {one[0] for one in versions_of(s3, bucket, Prefix="b/")} == {"b/1", "b/2"}
    assert versions_of(s3, bucket, KeyMarker="b/1", VersionIdMarker=made["b/1"][1],
                       Prefix="b/1") == [("b/1", made["b/1"][0], False, False)]
    lonely = refused(s3.list_object_versions, Bucket=bucket, VersionIdMarker=made["a"][0])["Error"]
    assert (lonely["Code"], lonely["Message"]) == (
        "InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    assert code_of(s3.list_object_versions, Bucket=bucket, KeyMarker="a", VersionIdMarker="x") == "InvalidArgument"


def test_a_bucket_with_versions_is_not_empty(s3, bucket):
    # [LS] test_delete_versioned_bucket_with_objects
    version = put(s3, bucket, "k", b"x")
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    for one in (version, marker):
        error = refused(s3.delete_bucket, Bucket=bucket)["Error"]
        assert (error["Code"], error["Message"]) == (
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
        s3.delete_object(Bucket=bucket, Key="k", VersionId=one)
