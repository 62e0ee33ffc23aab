#include "services/events/model/target_arn.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/arn.h"
#include "service/operation.h"
#include "services/events/errors.h"
#include "services/events/model/target_input.h"

namespace tandem::events {
namespace {

/// Services whose resources are targets on AWS (user guide, "Event bus targets available in the
/// EventBridge console").
bool is_target_service(std::string_view service) {
  constexpr std::string_view kServices[] = {"appsync",
                                            "batch",
                                            "codebuild",
                                            "ecs",
                                            "ec2",
                                            "events",
                                            "execute-api",
                                            "firehose",
                                            "glue",
                                            "inspector",
                                            "kinesis",
                                            "redshift",
                                            "redshift-serverless",
                                            "sagemaker",
                                            "sns",
                                            "sqs",
                                            "ssm",
                                            "ssm-incidents",
                                            "states",
                                            "scheduler"};
  return std::find(std::begin(kServices), std::end(kServices), service) != std::end(kServices);
}

/// Members of a target that belong to targets of one kind, none of which is served.
constexpr std::string_view kOthersMembers[] = {
    "KinesisParameters",      "RunCommandParameters",
    "EcsParameters",          "BatchParameters",
    "SqsParameters",          "HttpParameters",
    "RedshiftDataParameters", "SageMakerPipelineParameters",
    "AppSyncParameters"};

aws::ApiError malformed(std::string_view arn) {
  return errors::invalid_parameter(arn, "Provided Arn is not in correct format.");
}

TargetArn read_resource(const aws::Arn& arn, std::string_view text) {
  TargetArn target;
  if (arn.service == "lambda") {
    constexpr std::string_view kFunction = "function:";
    if (!arn.resource.starts_with(kFunction) || arn.resource.size() == kFunction.size()) {
      throw malformed(text);
    }
    return target;
  }
  if (arn.service == "codepipeline") {
    target.kind = TargetArn::Kind::kPipeline;
    target.name = arn.resource;
  } else {
    constexpr std::string_view kGroup = "log-group:";
    if (!arn.resource.starts_with(kGroup)) throw malformed(text);
    target.kind = TargetArn::Kind::kLogGroup;
    target.name = arn.resource.substr(kGroup.size());
    if (target.name.ends_with(":*")) target.name.resize(target.name.size() - 2);
  }
  if (target.name.empty() || target.name.find(':') != std::string::npos) throw malformed(text);
  return target;
}

}  // namespace

TargetArn read_target_arn(std::string_view text, std::string_view region,
                          std::string_view account) {
  const auto arn = aws::Arn::parse(text);
  if (!arn || arn->service.empty() || arn->resource.empty()) throw malformed(text);
  const bool served =
      arn->service == "lambda" || arn->service == "logs" || arn->service == "codepipeline";
  if (!served) {
    if (is_target_service(arn->service)) {
      service::refuse_member("Targets.Arn", fmt::format("targets of {}", arn->service));
    }
    throw errors::validation(
        fmt::format("{} is not a supported service for a target.", arn->service));
  }
  if (arn->account != account) {
    throw aws::ApiError(400, "AccessDeniedException",
                        fmt::format("Access to the resource {} is denied. Reason: Adding "
                                    "cross-account target is not permitted.",
                                    text));
  }
  if (arn->region != region) {
    throw errors::invalid_parameter(text, "Target must be in the region of its rule.");
  }
  return read_resource(*arn, text);
}

void check_target(const json::object& target, std::string_view region, std::string_view account) {
  const std::string arn = json::string_or(target, "Arn");
  const std::string id = json::string_or(target, "Id");
  const TargetArn read = read_target_arn(arn, region, account);
  for (const std::string_view member : kOthersMembers) {
    if (json::find(target, member) == nullptr) continue;
    throw errors::validation(
        fmt::format("Parameter(s) {} not supported for target: {}.", member, id));
  }
  if (json::find(target, "DeadLetterConfig") != nullptr) {
    service::refuse_member("Targets.DeadLetterConfig");
  }
  const bool role = json::find(target, "RoleArn") != nullptr;
  if (read.kind == TargetArn::Kind::kPipeline) {
    if (!role) throw errors::validation(fmt::format("RoleArn is required for target {}.", arn));
  } else if (role) {
    // Functions and log groups are reached by their resource policies.
    service::refuse_member("Targets.RoleArn", "for targets of Lambda and CloudWatch Logs");
  }
  check_input(target);
}

}  // namespace tandem::events
