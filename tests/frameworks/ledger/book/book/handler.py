import json
import logging
import os
import uuid

import boto3
from boto3.dynamodb.conditions import Key

import amounts

logger = logging.getLogger()
logger.setLevel(logging.INFO)
entries = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def answer(status, body):
    return {"statusCode": status, "headers": {"X-Version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"]},
            "body": json.dumps(body)}


def handle(event, context):
    account = event["pathParameters"]["account"]
    who = event["requestContext"]["authorizer"]["principalId"]
    if event["httpMethod"] == "POST":
        try:
            amount = amounts.parse(json.loads(event["body"])["amount"])
        except (KeyError, ValueError) as error:
            logger.warning("refused: %s", error)
            return answer(400, {"message": str(error)})
        entry = {"account": account, "entry": uuid.uuid4().hex, "amount": str(amount), "by": who}
        entries.put_item(Item=entry)
        logger.info("entry %s", entry["entry"])
        return answer(201, entry)
    found = entries.query(KeyConditionExpression=Key("account").eq(account))["Items"]
    return answer(200, {"account": account, "total": amounts.total(each["amount"] for each in found)})
