// The operations on alarms of CloudWatch and what they share.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/task.h"
#include "service/environment.h"
#include "service/operation.h"
#include "service/page.h"
#include "service/tags.h"
#include "services/cloudwatch/engine/alarm_engine.h"
#include "services/cloudwatch/errors.h"
#include "services/cloudwatch/model/alarm_action.h"
#include "services/cloudwatch/store/alarm_store.h"

namespace tandem::cloudwatch::api {

struct AlarmScope {
  const service::Environment& environment;
  AlarmStore& alarms;
  AlarmEngine& engine;
  Policies policies;

  std::string arn(std::string_view name) const {
    return alarm_arn(environment.region, environment.account(), name);
  }
  std::int64_t now_ms() const { return environment.clock.now_ms(); }
};

json::object put_metric_alarm(AlarmScope& scope, service::RequestContext& context,
                              const json::object& input);
json::object put_composite_alarm(AlarmScope& scope, service::RequestContext& context,
                                 const json::object& input);
json::object delete_alarms(AlarmScope& scope, const json::object& input);
json::object set_alarm_state(AlarmScope& scope, const json::object& input);
json::object enable_alarm_actions(AlarmScope& scope, const json::object& input);
json::object disable_alarm_actions(AlarmScope& scope, const json::object& input);

json::object describe_alarms(AlarmScope& scope, const json::object& input);
json::object describe_alarms_for_metric(AlarmScope& scope, const json::object& input);
Task<service::Reply> describe_alarm_history(AlarmScope* scope, service::RequestContext* context,
                                            json::object input);

json::object tag_resource(AlarmScope& scope, service::RequestContext& context,
                          const json::object& input);
json::object untag_resource(AlarmScope& scope, const json::object& input);
json::object list_tags_for_resource(AlarmScope& scope, const json::object& input);

inline constexpr service::TagRules kTagRules{.too_many = errors::too_many_tags,
                                             .reserved = errors::reserved_tag};

/// The kinds that AlarmTypes asks for. "If you omit this parameter, only metric alarms are
/// returned".
struct KindsAsked {
  bool metric = true;
  bool composite = false;
  bool has(Alarm::Kind kind) const { return kind == Alarm::Kind::kMetric ? metric : composite; }
};
KindsAsked kinds_of(const json::object& input);

}  // namespace tandem::cloudwatch::api
