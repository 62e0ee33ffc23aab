"""ACM. Expectations: botocore's model and AWS's ACM API reference."""
import re
import ssl

import pytest

from tests.sdk.apigateway_helpers import refused, unique
from tests.support.coverage import not_called


@pytest.fixture(scope="module")
def acm(aws):
    return aws.client("acm")


@pytest.fixture
def requested(acm):
    made = []

    def request(**more):
        arn = acm.request_certificate(DomainName="todos.tandem.test", ValidationMethod="DNS",
                                      **more)["CertificateArn"]
        if arn not in made:
            made.append(arn)
        return arn
    yield request
    for arn in made:
        acm.delete_certificate(CertificateArn=arn)


def test_request_and_describe(acm, requested):
    arn = requested(SubjectAlternativeNames=["*.todos.tandem.test"],
                    Tags=[{"Key": "a", "Value": "1"}])
    assert re.fullmatch(r"arn:aws:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}", arn)
    acm.get_waiter("certificate_validated").wait(CertificateArn=arn)
    detail = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert detail["Status"] == "ISSUED" and detail["Type"] == "AMAZON_ISSUED"
    assert detail["SubjectAlternativeNames"] == ["todos.tandem.test", "*.todos.tandem.test"]
    record = detail["DomainValidationOptions"][0]["ResourceRecord"]
    assert record["Type"] == "CNAME"
    assert re.fullmatch(r"_[0-9a-f]{32}\.todos\.tandem\.test\.", record["Name"])
    assert record["Value"].endswith(".acm-validations.aws.")
    assert detail["NotAfter"] > detail["NotBefore"]
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_idempotency_token(requested):
    token = unique().replace("-", "")
    assert requested(IdempotencyToken=token) == requested(IdempotencyToken=token)


def test_get_certificate_is_pem(acm, requested):
    got = acm.get_certificate(CertificateArn=requested())
    for member in ("Certificate", "CertificateChain"):
        assert ssl.PEM_cert_to_DER_cert(got[member])
    assert "PRIVATE" not in str(got)


def test_list_filters(acm, requested):
    arn = requested()

    def listed(**filters):
        pages = acm.get_paginator("list_certificates").paginate(**filters)
        return arn in [each["CertificateArn"] for page in pages
                       for each in page["CertificateSummaryList"]]
    assert listed()  # without key types RSA only, and RSA_2048 is what is made unless told otherwise
    every = ["RSA_2048", "EC_prime256v1"]
    assert listed(CertificateStatuses=["PENDING_VALIDATION", "ISSUED", "INACTIVE"],
                  Includes={"keyTypes": every})
    assert not listed(CertificateStatuses=["FAILED"], Includes={"keyTypes": every})
    assert not listed(Includes={"keyTypes": ["RSA_4096"]})


def test_tags(acm, requested):
    arn = requested()
    acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "b"}])
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == []


def test_errors(acm):
    missing = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000"
    with refused("ResourceNotFoundException"):
        acm.describe_certificate(CertificateArn=missing)
    with refused("ValidationException"):
        acm.request_certificate(DomainName="-bad-.test", ValidationMethod="DNS")
    with refused("ValidationException"):
        acm.import_certificate(Certificate=b"nonsense", PrivateKey=b"nonsense")


def test_every_operation_was_called(aws, called):
    assert not_called(called, "acm", aws.region_endpoint("us-east-1")) == []
