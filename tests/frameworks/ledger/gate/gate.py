import hmac
import os


def handle(event, context):
    token = event["authorizationToken"].removeprefix("Bearer ")
    if token == "broken":
        raise RuntimeError("the gate is broken")
    good = hmac.compare_digest(token, os.environ["TOKEN"])
    api = event["methodArn"].split("/", 1)[0]
    return {
        "principalId": "teller",
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Action": "execute-api:Invoke", "Effect": "Allow" if good else "Deny", "Resource": f"{api}/*/*/*"}]},
        "context": {"branch": "first"},
    }
