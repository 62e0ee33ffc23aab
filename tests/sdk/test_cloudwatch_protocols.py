"""CloudWatch in the protocols its SDKs speak: query, JSON 1.0 and rpc-v2-cbor (Smithy, "Smithy RPC v2 CBOR
protocol", "AWS query compatible trait"), by the newest botocore that this machine has."""
import json
import pathlib
import subprocess
import uuid

import pytest

from tests.support.judges import newest_models

SCRIPT = pathlib.Path(__file__).parents[1] / "support" / "cloudwatch_protocols.py"


@pytest.mark.parametrize("protocol", ["query", "json", "smithy-rpc-v2-cbor"])
def test_an_sdk_speaks_it(aws, protocol):
    python, version = newest_models()
    if version < (1, 42):
        pytest.skip(f"the newest botocore here, {version}, chooses no protocol for CloudWatch")
    namespace = f"Test/{uuid.uuid4()}"
    done = subprocess.run([python, SCRIPT, protocol, aws.region_endpoint("us-east-1"), namespace],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    both = "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you " \
           "have specified both."
    assert json.loads(done.stdout) == {
        "gzip": "gzip",  # [API] PutMetricData: "can be compressed"
        "points": [{"Timestamp": -120, "Sum": -10.0, "Minimum": -4.0, "SampleCount": 60.0, "Unit": "Count"}],
        "data": ["m", [-10.0], [-120]], "listed": True,
        "alarm": [1.5, True, [], True, [{"Key": "a", "Value": "b"}], 1, "ResourceNotFound"],
        # Codes of the query protocol whatever is spoken, by the header x-amzn-query-error.
        "bad": ["InvalidParameterCombination", both],
        "backwards": ["ValidationError", "The parameter StartTime must not equal parameter EndTime."]}
