// Calling an AWS operation from inside Tandem. The same interface stands for the process's own
// services, for another Tandem process over HTTP and for real AWS: whoever calls (CloudFormation,
// the deployer) cannot tell and has no back door.
#pragma once

#include <string>

#include "core/json.h"
#include "core/task.h"

namespace tandem::aws {

struct ApiCall {
  std::string region;     ///< "us-east-1"
  std::string service;    ///< botocore's service name: "dynamodb", "apigateway", "route53" …
  std::string operation;  ///< "CreateTable"
  json::object input;     ///< members by their model names, as boto3 would take them
  std::string
      payload;  ///< the raw bytes of a streaming or blob payload member (S3 Body, Invoke Payload)
  /// On whose behalf a call within the process is made: an ARN; empty: the account's root. Over
  /// HTTP a call is its signer's.
  std::string caller = {};
  /// Within the process: ARN of the resource for which a service calls (aws:SourceArn of IAM's
  /// "global condition context keys"); empty: none.
  std::string source_arn = {};
};

struct ApiResult {
  json::object output;  ///< members by their model names
  std::string payload;
};

class Api {
 public:
  virtual ~Api() = default;
  /// Throws ApiError when the service refuses, and ApiError(503, "ServiceUnavailable") when it
  /// cannot be reached.
  virtual Task<ApiResult> call(ApiCall call) = 0;
};

}  // namespace tandem::aws
