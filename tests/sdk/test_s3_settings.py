"""What a bucket of S3 is set to, as boto3 sees it. Sources: [API] S3 API Reference, the operation's page; [UG] S3
User Guide, the page named; [LS] answers of AWS recorded in LocalStack's tests
(tests/aws/services/s3/test_s3_api.snapshot.json)."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def s3(aws):
    return aws.client("s3", region="us-east-1")


@pytest.fixture(scope="module")
def account(aws):
    return aws.client("sts", region="us-east-1").get_caller_identity()["Account"]


@pytest.fixture
def bucket(s3):
    name = f"tandem-test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    yield name
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def refused(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def policy_of(bucket, principal, **more):
    return {"Version": "2012-10-17", "Statement": [{
        "Sid": "one", "Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{bucket}/*", **more}]}


def test_a_policy_is_kept_and_told(s3, account, bucket):
    # [API] PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus
    none = (404, "NoSuchBucketPolicy", "The bucket policy does not exist")
    assert refused(s3.get_bucket_policy, Bucket=bucket) == none
    assert refused(s3.get_bucket_policy_status, Bucket=bucket) == none
    policy = policy_of(bucket, {"AWS": f"arn:aws:iam::{account}:root"})
    put = s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy, indent=2))
    assert put["ResponseMetadata"]["HTTPStatusCode"] in (200, 204)
    told = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert told["Statement"][0]["Principal"] == policy["Statement"][0]["Principal"]
    assert set(told["Statement"][0]["Action"]) == {"s3:GetObject", "s3:PutObject"}
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(s3.get_bucket_policy, Bucket=bucket) == none


@pytest.mark.parametrize("text, why", [
    ("none", "Policies must be valid JSON and the first byte must be '{'"),
    ("{}", "Missing required field Statement"),
    ('{"Version": "2012-10-17", "Statement": []}', "Could not parse the policy: Statement is empty!"),
    ("resource", "Policy has invalid resource"), ("action", "Policy has invalid action"),
    ("principal", "Invalid principal in policy"),
    ("reach", "Action does not apply to any resource(s) in statement")])
def test_a_malformed_policy_is_refused_in_s3s_words(s3, account, bucket, text, why):
    # [UG] "Bucket policies"; the messages are those that AWS's users quote.
    mine = {"AWS": f"arn:aws:iam::{account}:root"}
    policies = {"resource": policy_of(bucket, mine, Resource="arn:aws:s3:::another-one/*"),
                "action": policy_of(bucket, mine, Action="ec2:RunInstances"),
                "principal": policy_of(bucket, {"AWS": "somebody"}),
                "reach": policy_of(bucket, mine, Action="s3:ListBucket")}
    policy = json.dumps(policies[text]) if text in policies else text
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=policy) == (400, "MalformedPolicy", why)


def test_a_public_policy_needs_the_block_taken_away(s3, bucket):
    # [UG] "Blocking public access to your Amazon S3 storage": BlockPublicPolicy, on for new buckets
    policy = json.dumps(policy_of(bucket, "*"))
    status, code, why = refused(s3.put_bucket_policy, Bucket=bucket, Policy=policy)
    assert (status, code) == (403, "AccessDenied") and "BlockPublicPolicy" in why
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True


def test_the_block_of_public_access(s3, bucket):
    # [API] GetPublicAccessBlock, PutPublicAccessBlock, DeletePublicAccessBlock
    def block():
        return s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    every = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    assert block() == dict.fromkeys(every, True)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert block() == {**dict.fromkeys(every, False), "IgnorePublicAcls": True}
    s3.delete_public_access_block(Bucket=bucket)
    assert refused(s3.get_public_access_block, Bucket=bucket) == (
        404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")


def test_objects_are_the_buckets_owners(s3, bucket):
    # [UG] "Controlling ownership of objects": BucketOwnerEnforced is what buckets are made with.
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == owned
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=owned)
    acl = s3.get_bucket_acl(Bucket=bucket)  # [API] GetBucketAcl
    grant, = acl["Grants"]
    assert (grant["Permission"], grant["Grantee"]["ID"]) == ("FULL_CONTROL", acl["Owner"]["ID"])
    assert grant["Grantee"]["Type"] == "CanonicalUser"


def set_rule(s3, bucket, by_default, **more):
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": by_default, **more}]})


def test_the_buckets_rule_of_encryption(s3, bucket):
    # [LS] test_s3_default_bucket_encryption, test_s3_default_bucket_encryption_exc, …_sse_kms_aws_managed_key
    def rule():
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        rules[0].pop("BlockedEncryptionTypes", None)
        return rules
    usual = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    assert rule() == usual
    set_rule(s3, bucket, {"SSEAlgorithm": "aws:kms"}, BucketKeyEnabled=True)
    assert rule() == [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]
    s3.delete_bucket_encryption(Bucket=bucket)
    s3.delete_bucket_encryption(Bucket=bucket)
    assert rule() == usual
    assert refused(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}]}) == (
        400, "InvalidArgument",
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")


def test_objects_tell_the_key_of_kms(s3, bucket):
    # [LS] test_s3_bucket_encryption_sse_kms_aws_managed_key; [API] PutObject, x-amz-server-side-encryption
    set_rule(s3, bucket, {"SSEAlgorithm": "aws:kms"}, BucketKeyEnabled=True)
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for answer in (put, s3.get_object(Bucket=bucket, Key="k"), s3.head_object(Bucket=bucket, Key="k")):
        assert (answer["ServerSideEncryption"], answer["BucketKeyEnabled"]) == ("aws:kms", True)
        assert answer["SSEKMSKeyId"] == put["SSEKMSKeyId"] and ":key/" in answer["SSEKMSKeyId"]
    plain = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    assert plain["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in plain
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k")
    assert copied["ServerSideEncryption"] == "aws:kms"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")
    assert upload["ServerSideEncryption"] == "aws:kms"
    part = s3.upload_part(Bucket=bucket, Key="m", UploadId=upload["UploadId"], PartNumber=1, Body=b"x")
    done = s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload["UploadId"], MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert done["SSEKMSKeyId"] == part["SSEKMSKeyId"] == put["SSEKMSKeyId"]
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256",
                   SSEKMSKeyId="x")[:2] == (400, "InvalidArgument")


def test_settings_of_no_bucket(s3):
    gone = f"tandem-test-{uuid.uuid4()}"
    for call in (s3.get_bucket_policy, s3.get_public_access_block, s3.get_bucket_ownership_controls,
                 s3.get_bucket_acl, s3.delete_bucket_policy, s3.delete_bucket_encryption):
        assert refused(call, Bucket=gone)[1] == "NoSuchBucket"
