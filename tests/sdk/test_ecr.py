"""ECR as boto3 sees it. Source: the ECR API Reference, DescribeRepositories."""
import pytest
from botocore.exceptions import ClientError


def test_there_are_no_repositories(aws):
    ecr = aws.client("ecr")
    assert ecr.describe_repositories()["repositories"] == []
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException) as raised:
        ecr.describe_repositories(repositoryNames=["serverless-todos-dev"])
    account = aws.client("sts").get_caller_identity()["Account"]
    assert raised.value.response["Error"]["Message"] == (
        f"The repository with name 'serverless-todos-dev' does not exist in the registry with id '{account}'")
    with pytest.raises(ClientError) as raised:
        ecr.describe_repositories(repositoryNames=["a/b"], maxResults=5)
    assert raised.value.response["Error"]["Code"] == "InvalidParameterException"
