"""CloudWatch Logs as its API reference describes it."""
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.coverage import not_called
from tests.support.younger import more


@pytest.fixture
def logs(aws):
    return aws.client("logs")


@pytest.fixture
def group(logs):
    name = f"/test/{uuid.uuid4()}"
    logs.create_log_group(logGroupName=name, tags={"made": "by"})
    yield name
    logs.delete_log_group(logGroupName=name)


def now_ms():
    return int(time.time() * 1000)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def put(logs, group, stream, messages, start=None):
    start = start or now_ms() - 10_000
    events = [{"timestamp": start + i, "message": each} for i, each in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_groups_are_described_by_prefix_and_pattern(logs, group):
    found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [each["logGroupName"] for each in found] == [group]
    assert found[0]["arn"].endswith(f":log-group:{group}:*")
    assert "retentionInDays" not in found[0]
    pattern = group[-12:].upper()
    found = logs.describe_log_groups(logGroupNamePattern=pattern)["logGroups"]
    assert [each["logGroupName"] for each in found] == [group]
    code, _ = refusal(logs.create_log_group, logGroupName=group)
    assert code == "ResourceAlreadyExistsException"


def test_names_have_512_characters_at_most(logs, group):
    # [measured: CloudWatch Logs]
    words = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
    for call, arguments in (
            (logs.create_log_group, {"logGroupName": "g" * 513}),
            (logs.create_log_stream, {"logGroupName": group, "logStreamName": "s" * 513}),
            (logs.describe_log_streams, {"logGroupName": "g" * 513}),
            (logs.filter_log_events, {"logGroupName": group, "logStreamNames": ["a", "s" * 513]})):
        assert refusal(call, **arguments) == ("InvalidParameterException", words)
    logs.create_log_stream(logGroupName=group, logStreamName="\u00fc" * 512)


def test_what_is_the_default_may_be_said(logs):
    # API reference, CreateLogGroup: logGroupClass, deletionProtectionEnabled.
    name = f"/test/{uuid.uuid4()}"
    with more(logs, "CreateLogGroup", members={"logGroupClass": "STANDARD", "deletionProtectionEnabled": False}):
        logs.create_log_group(logGroupName=name)
    with more(logs, "DescribeLogGroups", members={"logGroupClass": "STANDARD"}):
        assert len(logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]) == 1
    logs.delete_log_group(logGroupName=name)


def test_streams_page_in_order_of_name_and_time(logs, group):
    for name in ("a", "b", "c"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    put(logs, group, "a", ["late"])
    pages = list(logs.get_paginator("describe_log_streams").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 2}))
    assert [s["logStreamName"] for page in pages for s in page["logStreams"]] == ["a", "b", "c"]
    # API reference, LogStream: "The sequence token is now ignored", and is not told any more.
    assert not any("uploadSequenceToken" in each for page in pages for each in page["logStreams"])
    latest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime",
                                       descending=True, limit=1)["logStreams"]
    assert latest[0]["logStreamName"] == "a"
    assert latest[0]["lastEventTimestamp"] <= now_ms()
    code, _ = refusal(logs.create_log_stream, logGroupName=group, logStreamName="a")
    assert code == "ResourceAlreadyExistsException"
    code, message = refusal(logs.create_log_stream, logGroupName=group + "x", logStreamName="a")
    assert (code, message) == ("ResourceNotFoundException",
                               "The specified log group does not exist.")


def test_a_group_is_named_by_its_identifier_alone(aws, logs, group):
    """CloudWatch Logs API Reference, GetLogEvents: "You must include either logGroupIdentifier or
    logGroupName, but not both." Debian's botocore demands the name."""
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", ["x"])
    newer = aws.client("logs", region="us-east-1", parameter_validation=False)
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"].removesuffix(":*")
    for identifier in (group, arn):
        named = {"logGroupIdentifier": identifier}
        assert [e["message"] for e in newer.get_log_events(logStreamName="s", **named)["events"]] == ["x"]
        assert [e["message"] for e in newer.filter_log_events(**named)["events"]] == ["x"]
        assert [s["logStreamName"] for s in newer.describe_log_streams(**named)["logStreams"]] == ["s"]
    assert refusal(newer.filter_log_events)[0] == "InvalidParameterException"


def test_put_ignores_sequence_tokens_and_returns_one(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    events = [{"timestamp": now_ms(), "message": "x"}]
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events,
                                 sequenceToken="whatever")
    assert answer["nextSequenceToken"]
    assert "rejectedLogEventsInfo" not in answer


def test_put_rejects_events_outside_the_window(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    answer = put(logs, group, "s", ["future"], now_ms() + 3 * 3_600_000)
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    answer = put(logs, group, "s", ["past"], now_ms() - 15 * 86_400_000)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    now = now_ms()
    code, message = refusal(logs.put_log_events, logGroupName=group, logStreamName="s",
                            logEvents=[{"timestamp": now, "message": "b"},
                                       {"timestamp": now - 1, "message": "a"}])
    assert code == "InvalidParameterException"
    assert "chronological order" in message


def test_get_pages_both_ways_and_repeats_the_token_at_the_end(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", ["1", "2", "3", "4", "5"])
    ask = {"logGroupName": group, "logStreamName": "s", "limit": 2}
    tail = logs.get_log_events(**ask)
    assert [event["message"] for event in tail["events"]] == ["4", "5"]
    head = logs.get_log_events(startFromHead=True, **ask)
    assert [event["message"] for event in head["events"]] == ["1", "2"]
    assert head["nextForwardToken"].startswith("f/")
    assert head["nextBackwardToken"].startswith("b/")
    page = logs.get_log_events(nextToken=head["nextForwardToken"], **ask)
    assert [event["message"] for event in page["events"]] == ["3", "4"]
    end = logs.get_log_events(nextToken=tail["nextForwardToken"], **ask)
    assert end["events"] == []
    assert end["nextForwardToken"] == tail["nextForwardToken"]


def test_filter_merges_streams_and_matches_terms(logs, group):
    for name in ("one", "two"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    start = now_ms() - 60_000
    put(logs, group, "one", ["ERROR one", "fine", "ERROR last"], start)
    put(logs, group, "two", ["INTERNAL SERVER ERROR"], start + 1)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern="ERROR", PaginationConfig={"PageSize": 1})
    found = [event["message"] for page in pages for event in page["events"]]
    assert found == ["ERROR one", "INTERNAL SERVER ERROR", "ERROR last"]
    quoted = logs.filter_log_events(logGroupName=group, filterPattern='"SERVER ERROR"',
                                    interleaved=True)["events"]
    assert [event["logStreamName"] for event in quoted] == ["two"]
    assert quoted[0]["eventId"]
    either = logs.filter_log_events(logGroupName=group, filterPattern="?fine ?INTERNAL")["events"]
    assert len(either) == 2
    prefixed = logs.filter_log_events(logGroupName=group, logStreamNamePrefix="tw")["events"]
    assert len(prefixed) == 1
    later = logs.filter_log_events(logGroupName=group, startTime=start + 2)["events"]
    assert [event["message"] for event in later] == ["ERROR last"]


def test_retention_is_one_of_the_listed_days(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(
        logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    code, _ = refusal(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert code == "InvalidParameterException"
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(
        logGroupNamePrefix=group)["logGroups"][0]


def test_tags_by_name_and_by_arn(logs, group):
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"][:-2]
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"made": "by", "b": "2"}
    logs.tag_log_group(logGroupName=group, tags={"c": "3"})
    logs.untag_log_group(logGroupName=group, tags=["b"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"made": "by", "c": "3"}


def test_a_stream_is_deleted_with_its_events(logs, group):
    # API reference, DeleteLogStream.
    for stream in ("kept", "gone"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(logs, group, stream, [stream])
    logs.delete_log_stream(logGroupName=group, logStreamName="gone")
    assert [each["logStreamName"] for each in logs.describe_log_streams(logGroupName=group)["logStreams"]] == ["kept"]
    assert [each["message"] for each in logs.filter_log_events(logGroupName=group)["events"]] == ["kept"]
    code, message = refusal(logs.delete_log_stream, logGroupName=group, logStreamName="gone")
    assert (code, message) == ("ResourceNotFoundException", "The specified log stream does not exist.")


def test_every_operation_was_called(aws, called):
    assert not_called(called, "logs", aws.region_endpoint("us-east-1")) == []
