#!/bin/sh
# The framework makes edge-optimized APIs, and a name that leads to two regions needs regional ones.
set -e
API=$(aws apigateway get-rest-apis --region "$DEPLOY_REGION" --query "items[?name=='$STAGE-notes'].id" --output text)
aws apigateway update-rest-api --region "$DEPLOY_REGION" --rest-api-id "$API" \
  --patch-operations op=replace,path=/endpointConfiguration/types/EDGE,value=REGIONAL
