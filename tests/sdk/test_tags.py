"""Tags of every service keep to AWS's general rules (AWS General Reference, "Tag naming limits and
requirements"): lengths are counted in characters, 50 on a resource, keys that begin with "aws:" are
AWS's own, and a key set again has its new value."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError

REGION = "us-east-1"
KEY = "ä" * 128
VALUE = "ö" * 256
TRUST = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole"}]}


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def plain(listed):
    return {tag["Key"]: tag.get("Value") for tag in listed}


class AcmCertificate:
    """One resource that has tags: set(tags) adds, get() reads them."""

    def __init__(self, aws):
        self.client = aws.client("acm", region=REGION)
        self.arn = self.client.request_certificate(
            DomainName=f"{uuid.uuid4().hex}.tandem.test",
            ValidationMethod="DNS")["CertificateArn"]

    def set(self, tags):
        self.client.add_tags_to_certificate(CertificateArn=self.arn, Tags=pairs(tags))

    def get(self):
        return plain(self.client.list_tags_for_certificate(CertificateArn=self.arn)["Tags"])

    def close(self):
        self.client.delete_certificate(CertificateArn=self.arn)


class RestApi:
    def __init__(self, aws):
        self.client = aws.client("apigateway", region=REGION)
        self.id = self.client.create_rest_api(name="tags")["id"]
        self.arn = f"arn:aws:apigateway:{REGION}::/restapis/{self.id}"

    def set(self, tags):
        self.client.tag_resource(resourceArn=self.arn, tags=tags)

    def get(self):
        return self.client.get_tags(resourceArn=self.arn)["tags"]

    def close(self):
        self.client.delete_rest_api(restApiId=self.id)


class Table:
    def __init__(self, aws):
        self.client = aws.client("dynamodb", region=REGION)
        self.name = f"tags-{uuid.uuid4().hex}"
        self.arn = self.client.create_table(
            TableName=self.name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
        )["TableDescription"]["TableArn"]
        self.client.get_waiter("table_exists").wait(TableName=self.name)

    def set(self, tags):
        self.client.tag_resource(ResourceArn=self.arn, Tags=pairs(tags))

    def get(self):
        return plain(self.client.list_tags_of_resource(ResourceArn=self.arn)["Tags"])

    def close(self):
        self.client.delete_table(TableName=self.name)


class Role:
    def __init__(self, aws):
        self.client = aws.client("iam", region=REGION)
        self.name = f"tags-{uuid.uuid4().hex}"
        self.client.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(TRUST))

    def set(self, tags):
        self.client.tag_role(RoleName=self.name, Tags=pairs(tags))

    def get(self):
        return plain(self.client.list_role_tags(RoleName=self.name)["Tags"])

    def close(self):
        self.client.delete_role(RoleName=self.name)


class LogGroup:
    def __init__(self, aws):
        self.client = aws.client("logs", region=REGION)
        self.name = f"tags-{uuid.uuid4().hex}"
        self.client.create_log_group(logGroupName=self.name)

    def set(self, tags):
        self.client.tag_log_group(logGroupName=self.name, tags=tags)

    def get(self):
        return self.client.list_tags_log_group(logGroupName=self.name)["tags"]

    def close(self):
        self.client.delete_log_group(logGroupName=self.name)


class Rule:
    def __init__(self, aws):
        self.client = aws.client("events", region=REGION)
        self.name = f"tags-{uuid.uuid4().hex}"
        self.arn = self.client.put_rule(Name=self.name, EventPattern='{"source": ["tags"]}')["RuleArn"]

    def set(self, tags):
        self.client.tag_resource(ResourceARN=self.arn, Tags=pairs(tags))

    def get(self):
        return plain(self.client.list_tags_for_resource(ResourceARN=self.arn)["Tags"])

    def close(self):
        self.client.delete_rule(Name=self.name)


class HealthCheck:
    def __init__(self, aws):
        self.client = aws.client("route53", region=REGION)
        self.id = self.client.create_health_check(
            CallerReference=uuid.uuid4().hex,
            HealthCheckConfig={"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80},
        )["HealthCheck"]["Id"]

    def set(self, tags):
        # "AddTags … Maximum number of 10 items."
        all_tags = pairs(tags)
        for start in range(0, len(all_tags), 10):
            self.client.change_tags_for_resource(
                ResourceType="healthcheck", ResourceId=self.id,
                AddTags=all_tags[start:start + 10])

    def get(self):
        return plain(self.client.list_tags_for_resource(
            ResourceType="healthcheck", ResourceId=self.id)["ResourceTagSet"]["Tags"])

    def close(self):
        self.client.delete_health_check(HealthCheckId=self.id)


class Bucket:
    """PutBucketTagging replaces the set; here it is read and written back."""

    def __init__(self, aws):
        self.client = aws.client("s3", region=REGION)
        self.name = f"tags-{uuid.uuid4().hex}"
        self.client.create_bucket(Bucket=self.name)

    def set(self, tags):
        self.client.put_bucket_tagging(
            Bucket=self.name, Tagging={"TagSet": pairs({**self.get(), **tags})})

    def get(self):
        try:
            return plain(self.client.get_bucket_tagging(Bucket=self.name)["TagSet"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchTagSet":
                raise
            return {}

    def close(self):
        self.client.delete_bucket(Bucket=self.name)


@pytest.fixture(params=[AcmCertificate, RestApi, Table, Role, LogGroup, Rule, HealthCheck, Bucket],
                ids=lambda kind: kind.__name__)
def tagged(request, aws):
    resource = request.param(aws)
    yield resource
    resource.close()


def test_the_general_rules(tagged):
    tagged.set({KEY: VALUE, "plain": "1"})
    tagged.set({"plain": "2"})
    assert tagged.get() == {KEY: VALUE, "plain": "2"}
    for reserved in ("aws:x", "AWS:x"):
        with pytest.raises(ClientError):
            tagged.set({reserved: ""})
    tagged.set({f"k{number}": "" for number in range(48)})
    with pytest.raises(ClientError):
        tagged.set({"one more": ""})
    tagged.set({"plain": "3"})
    assert tagged.get()["plain"] == "3" and len(tagged.get()) == 50
