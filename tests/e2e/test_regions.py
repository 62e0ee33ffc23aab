"""A region that is not in tandem.yaml, asked at the unified endpoint: the error says so and names the file."""
import botocore.exceptions
import pytest

from tests.support.world import World

ELSEWHERE = "eu-west-1"
# One of every protocol, in the service's own shape: JSON 1.0 and 1.1, REST-JSON, query, REST-XML.
ASKED = {"dynamodb": "list_tables", "logs": "describe_log_groups", "lambda": "list_functions",
         "apigateway": "get_rest_apis", "cloudformation": "describe_stacks", "s3": "list_buckets",
         "acm": "list_certificates"}


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        yield world.start()
    finally:
        world.close()


@pytest.mark.parametrize("service", ASKED)
def test_a_region_that_is_not_here_is_named_with_the_file_to_edit(world, service):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(world.client(service, ELSEWHERE), ASKED[service])()
    answer = refused.value.response
    # No SDK repeats it: several do whatever is answered 5xx.
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Error"]["Code"].startswith("NotImplemented")
    assert answer["Error"]["Message"] == (
        f"The region {ELSEWHERE} is not one of this world, which has us-east-1, us-west-2: ask one of them, or add "
        f"it to 'regions' in the tandem.yaml of {world.folder} and run 'tandem up'.")


def test_global_services_answer_for_any_region(world):
    assert world.client("iam", ELSEWHERE).list_roles()["Roles"] == []
    assert world.client("sts", ELSEWHERE).get_caller_identity()["Account"] == "123456789012"
