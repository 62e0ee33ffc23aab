#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "services/cloudwatch/api/alarm_operations.h"

namespace tandem::cloudwatch::api {
namespace {

/// The name in an alarm's ARN; throws for what is none, and for another region's or account's.
std::string name_in(const AlarmScope& scope, const json::object& input) {
  const std::string arn = json::string_or(input, "ResourceARN");
  const auto name =
      arn.starts_with("arn:") ? scope.engine.graph().name_of_alarm(arn) : std::nullopt;
  if (!name) throw errors::bad_value(arn, "ResourceARN");
  return *name;
}

void change(AlarmScope& scope, const std::string& name,
            const std::function<void(service::TagSet&)>& with) {
  const Alarm* found = scope.alarms.find(name);
  if (found == nullptr) throw errors::resource_not_found(name);
  Alarm alarm = *found;
  const json::value stored(alarm.tags);
  service::TagSet tags(kTagRules, &stored);
  with(tags);
  alarm.tags = tags.map();
  AlarmChange written;
  written.put.emplace_back(name, std::move(alarm));
  scope.alarms.apply(std::move(written));
}

}  // namespace

json::object tag_resource(AlarmScope& scope, service::RequestContext& context,
                          const json::object& input) {
  change(scope, name_in(scope, input), [&](service::TagSet& tags) {
    tags.merge(service::read_tags(json::find(input, "Tags")), service::tag_source(context));
  });
  return {};
}

json::object untag_resource(AlarmScope& scope, const json::object& input) {
  change(scope, name_in(scope, input),
         [&](service::TagSet& tags) { tags.remove(json::find_array(input, "TagKeys")); });
  return {};
}

/// Of an alarm that is gone AWS lists none, and does not say that it is.
json::object list_tags_for_resource(AlarmScope& scope, const json::object& input) {
  const Alarm* alarm = scope.alarms.find(name_in(scope, input));
  if (alarm == nullptr) return {{"Tags", json::array()}};
  const json::value stored(alarm->tags);
  return {{"Tags", service::TagSet(kTagRules, &stored).list()}};
}

}  // namespace tandem::cloudwatch::api
