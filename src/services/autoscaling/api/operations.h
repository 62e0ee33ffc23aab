// The operations of Application Auto Scaling and what they share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "service/environment.h"
#include "service/operation.h"
#include "service/page.h"
#include "service/tags.h"
#include "services/autoscaling/engine/alarms.h"
#include "services/autoscaling/engine/scaler.h"
#include "services/autoscaling/engine/tables.h"
#include "services/autoscaling/engine/timetable.h"
#include "services/autoscaling/errors.h"
#include "services/autoscaling/model/dimension.h"
#include "services/autoscaling/ports.h"
#include "services/autoscaling/store/records.h"

namespace tandem::autoscaling::api {

/// Application Auto Scaling quotas: "Scalable targets per resource type" for DynamoDB, "Scheduled
/// actions per scalable target".
inline constexpr std::size_t kMostTargets = 5'000;
inline constexpr std::size_t kMostActions = 200;

/// What every operation works on.
struct Scope {
  const service::Environment& environment;
  AutoscalingPorts ports;
  Records& records;
  Tables& tables;
  Alarms& alarms;
  Scaler& scaler;
  Timetable& timetable;

  /// Of the role that AWS's service makes for itself when the first target is registered.
  std::string role_arn() const;
};

Task<service::Reply> register_scalable_target(Scope& scope, service::RequestContext& context,
                                              json::object input);
Task<service::Reply> deregister_scalable_target(Scope& scope, json::object input);
json::object describe_scalable_targets(Scope& scope, const json::object& input);

Task<service::Reply> put_scaling_policy(Scope& scope, json::object input);
Task<service::Reply> delete_scaling_policy(Scope& scope, json::object input);
json::object describe_scaling_policies(Scope& scope, const json::object& input);

json::object put_scheduled_action(Scope& scope, const json::object& input);
json::object delete_scheduled_action(Scope& scope, const json::object& input);
json::object describe_scheduled_actions(Scope& scope, const json::object& input);

json::object describe_scaling_activities(Scope& scope, const json::object& input);

json::object tag_resource(Scope& scope, service::RequestContext& context,
                          const json::object& input);
json::object untag_resource(Scope& scope, const json::object& input);
json::object list_tags_for_resource(Scope& scope, const json::object& input);

/// A target that a request names by its three parts.
struct Named {
  Dimension dimension;
  std::string id;
  /// "service namespace: dynamodb, resource ID: table/T, scalable dimension: …", as errors say it.
  std::string text;
};
/// Throws ValidationException for what is no target of DynamoDB's; what other services have is
/// refused by name.
Named named_target(const json::object& input);
/// Throws ObjectNotFoundException, "No scalable target registered for …".
const json::object& registered(const Scope& scope, const Named& target);

/// Whether an item of a list is asked for: namespace, ResourceId and ScalableDimension, as far as
/// given. Throws ValidationException when the last stands without the second.
class Filter {
 public:
  explicit Filter(const json::object& input);
  bool takes(const json::object& item) const;

 private:
  std::string name_space_;
  std::optional<std::string> resource_, dimension_;
};

/// The names a list of the input asks for; all, when there is none.
bool is_listed(const json::array* names, std::string_view name);

inline constexpr service::TagRules kTagRules{.too_many = errors::too_many_tags,
                                             .reserved = errors::reserved_tag};

inline constexpr service::PageStyle kPages{.token = "NextToken",
                                           .next = "NextToken",
                                           .limit = "MaxResults",
                                           .usual = 50,
                                           .most = 50,
                                           .invalid = errors::invalid_next_token};

}  // namespace tandem::autoscaling::api
