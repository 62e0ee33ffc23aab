"""AWS itself in the place of a World, for tests/sdk --aws: the same clients and commands, without an endpoint.

Credentials and their account are whatever the AWS tools of this machine use. What is made costs little, and
tests delete it. What only Tandem has (its own paths, its files) skips the test that asks for it.
"""
import subprocess

import boto3
import botocore.config
import pytest

from tests.support.aws_cli import printed
from tests.support.coverage import remember_calls


class RealAws:
    def __init__(self, endpoint=None):
        """endpoint: of another implementation of AWS's APIs; AWS's own when there is none."""
        self._endpoint = endpoint
        self.called = set()  # operations, by any client
        self._session = boto3.session.Session()
        self._found = self._session.get_credentials()
        if self._found is None:
            pytest.exit("--aws: there are no credentials ('aws configure', or AWS_ACCESS_KEY_ID and "
                        "AWS_SECRET_ACCESS_KEY)", returncode=2)
        who = self.client("sts").get_caller_identity()
        print(f"\n--aws: account {who['Account']} as {who['Arn']}")

    def close(self):
        """Nothing is kept."""

    @property
    def credentials(self):
        frozen = self._found.get_frozen_credentials()
        return {"accessKeyId": frozen.access_key, "secretAccessKey": frozen.secret_key,
                "sessionToken": frozen.token}

    @property
    def endpoint_words(self):
        """For the AWS CLI."""
        return ["--endpoint-url", self._endpoint] if self._endpoint else []

    def client(self, service, region="us-east-1", endpoint=None, **options):
        """As World.client; AWS throttles, which the SDK answers by waiting."""
        settings = botocore.config.Config(retries={"mode": "adaptive"}, read_timeout=90, **options)
        made = self._session.client(service, region_name=region, endpoint_url=endpoint or self._endpoint,
                                    config=settings)
        remember_calls(made, self.called)
        return made

    def cli(self, *words, region="us-east-1", check=True, stdin=None):
        done = subprocess.run(["/usr/bin/aws", "--region", region, *self.endpoint_words, *words],
                              capture_output=True, text=True, timeout=120, input=stdin)
        if not check:
            return done
        assert done.returncode == 0, f"aws {' '.join(words)}: {done.stderr}"
        return printed(done.stdout)

    def __getattr__(self, name):
        pytest.skip(f"AWS has no {name}: only Tandem does")
