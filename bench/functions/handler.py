"""What handler.js does."""
import json

import boto3

table = boto3.client("dynamodb")


def get(event, context):
    found = table.get_item(TableName="bench", Key={"id": {"S": event["pathParameters"]["id"]}})
    item = found.get("Item")
    return {"statusCode": 200 if item else 404, "body": json.dumps(item)}
