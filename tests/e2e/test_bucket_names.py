"""One namespace of buckets, kept by nobody who has to live: a region serves its own buckets alone, a
name stays taken while its region is dead, and a lost list is made anew.
Sources: "AWS Fault Isolation Boundaries", global services: creating a bucket depends on a control
plane of one Region, serving it does not; CreateBucket (API reference)."""
import shutil

import botocore.exceptions
import pytest

from tests.support.processes import kill
from tests.support.waiting import wait_for

WEST = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}


def s3(world, region):
    return world.client("s3", region=region, endpoint=world.region_endpoint(region))


def code_of(call, **request):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**request)
    return refused.value.response["Error"]["Code"]


def names(client):
    return [entry["Name"] for entry in client.list_buckets()["Buckets"]]


def test_a_region_alone_serves_what_it_has(world):
    east = s3(world, "us-east-1")
    east.create_bucket(Bucket="mine")
    s3(world, "us-west-2").create_bucket(Bucket="theirs", **WEST)
    assert names(east) == ["mine", "theirs"]  # so that global has heard both
    kill(world, "us-west-2")
    # global knows whose the name is, and that any other is free.
    assert code_of(east.create_bucket, Bucket="theirs") == "BucketAlreadyOwnedByYou"
    assert east.get_bucket_location(Bucket="theirs")["LocationConstraint"] == "us-west-2"
    assert names(east) == ["mine", "theirs"]
    assert code_of(east.head_bucket, Bucket="nobodys") == "404"
    east.create_bucket(Bucket="more")
    kill(world, "global")
    east.put_object(Bucket="mine", Key="k", Body=b"v")
    assert east.get_object(Bucket="mine", Key="k")["Body"].read() == b"v"
    east.delete_bucket(Bucket="more")
    # Nobody can say whether it has been made meanwhile.
    assert code_of(east.create_bucket, Bucket="another") == "ServiceUnavailable"
    assert code_of(east.list_objects_v2, Bucket="theirs") == "ServiceUnavailable"


def test_a_lost_list_of_names_is_made_anew(world):
    east, west = s3(world, "us-east-1"), s3(world, "us-west-2")
    west.create_bucket(Bucket="theirs", **WEST)
    kill(world, "global")
    # Without global the regions tell each other.
    assert east.get_bucket_location(Bucket="theirs")["LocationConstraint"] == "us-west-2"
    assert code_of(east.create_bucket, Bucket="mine") == "ServiceUnavailable"
    shutil.rmtree(world.folder / ".tandem/global")
    world.tandem("up", "--no-deploy")
    # Both regions are heard now: one that is dead may be spoken for.
    assert names(east) == ["theirs"]
    kill(world, "us-west-2")
    assert names(east) == ["theirs"]
    assert code_of(east.create_bucket, Bucket="theirs") == "BucketAlreadyOwnedByYou"
    east.create_bucket(Bucket="mine")


def test_a_lost_bucket_gives_its_name_back(world):
    s3(world, "us-west-2").create_bucket(Bucket="lost", **WEST)
    kill(world, "us-west-2")
    shutil.rmtree(world.folder / ".tandem/us-west-2")
    world.tandem("up", "--no-deploy")
    east = s3(world, "us-east-1")
    assert code_of(east.head_bucket, Bucket="lost") == "404"
    east.create_bucket(Bucket="lost")
    assert east.get_bucket_location(Bucket="lost").get("LocationConstraint") is None


def test_two_regions_that_have_one_name_go_on(world):
    """As folders of before there was one namespace may: here one is put back that is older than a move."""
    east, west = s3(world, "us-east-1"), s3(world, "us-west-2")
    folder, copy = world.folder / ".tandem/us-west-2", world.folder / "copy"
    west.create_bucket(Bucket="double", **WEST)
    west.put_object(Bucket="double", Key="k", Body=b"west")
    kill(world, "us-west-2")
    shutil.copytree(folder, copy)
    world.tandem("region", "start", "us-west-2")
    west.delete_object(Bucket="double", Key="k")
    west.delete_bucket(Bucket="double")
    east.create_bucket(Bucket="double")
    east.put_object(Bucket="double", Key="k", Body=b"east")
    kill(world, "us-west-2", "global")
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    world.tandem("up", "--no-deploy")
    assert east.get_object(Bucket="double", Key="k")["Body"].read() == b"east"
    assert west.get_object(Bucket="double", Key="k")["Body"].read() == b"west"
    said = "us-west-2 has a bucket double, and the name is us-east-1's"
    log = world.folder / ".tandem/global/log"
    wait_for(lambda: said in log.read_text(), what="the warning")
    assert names(east) == ["double"]
    assert log.read_text().count(said) == 1
