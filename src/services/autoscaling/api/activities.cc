#include "services/autoscaling/engine/activities.h"

#include "services/autoscaling/api/operations.h"

namespace tandem::autoscaling::api {

/// Newest first. What was not scaled is told of on request alone.
json::object describe_scaling_activities(Scope& scope, const json::object& input) {
  const Filter filter(input);
  const bool all = json::bool_or(input, "IncludeNotScaledActivities", false);
  service::Page page(kPages, input, "ScalingActivities");
  for (const auto& [id, activity] : scope.records.all(Kind::kActivity)) {
    if (!filter.takes(activity) || (is_not_scaled(activity) && !all)) continue;
    if (!page.add(id, [&] { return json::value(shown_activity(activity)); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::autoscaling::api
