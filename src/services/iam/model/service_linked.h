// Service-linked roles: what IAM calls the role of each service ("AWS services that work with
// IAM").
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace tandem::iam {

struct ServiceLinked {
  std::string_view service;   ///< the principal that assumes it
  std::string_view name;      ///< what follows "AWSServiceRoleFor"
  bool takes_suffix = false;  ///< a second one for the same service may be made
};

/// Those of the services in Tandem's reach.
inline constexpr std::array kServiceLinked = {
    ServiceLinked{"autoscaling.amazonaws.com", "AutoScaling", true},
    ServiceLinked{"contributorinsights.dynamodb.amazonaws.com",
                  "DynamoDBCloudWatchContributorInsights"},
    ServiceLinked{"dynamodb.application-autoscaling.amazonaws.com",
                  "ApplicationAutoScaling_DynamoDBTable"},
    ServiceLinked{"ecs.amazonaws.com", "ECS"},
    ServiceLinked{"elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing"},
    ServiceLinked{"events.amazonaws.com", "CloudWatchEvents"},
    ServiceLinked{"kinesisreplication.dynamodb.amazonaws.com",
                  "DynamoDBKinesisDataStreamsReplication"},
    ServiceLinked{"lambda.application-autoscaling.amazonaws.com",
                  "ApplicationAutoScaling_LambdaConcurrency"},
    ServiceLinked{"ops.apigateway.amazonaws.com", "APIGateway"},
    ServiceLinked{"replication.dynamodb.amazonaws.com", "DynamoDBReplication"},
    ServiceLinked{"replicator.lambda.amazonaws.com", "LambdaReplicator"},
};

inline std::optional<ServiceLinked> find_service_linked(std::string_view service) {
  for (const ServiceLinked& row : kServiceLinked) {
    if (row.service == service) return row;
  }
  return std::nullopt;
}

}  // namespace tandem::iam
