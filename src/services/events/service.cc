#include "services/events/service.h"

#include <utility>

#include "core/log.h"
#include "service/table.h"
#include "services/events/api/operations.h"

namespace tandem::events {
namespace {

using Function = json::object (*)(const api::Scope&, const json::object&);

service::Operation row(std::string_view name, Function function, const api::Scope& scope,
                       std::vector<std::string_view> accepts) {
  return service::row(
      name,
      [function, scope](service::RequestContext& context, const json::object& input) {
        api::Scope of_caller = scope;
        of_caller.caller = service::tag_source(context);
        return function(of_caller, input);
      },
      std::move(accepts));
}

/// "Force" is about rules that other services manage: there are none.
std::vector<service::Operation> table(const api::Scope& s) {
  return {
      row("PutEvents", api::put_events, s, {"Entries"}),
      row("TestEventPattern", api::test_event_pattern, s, {"EventPattern", "Event"}),
      row("PutRule", api::put_rule, s,
          {"Name", "EventPattern", "State", "Description", "Tags", "EventBusName"}),
      row("DescribeRule", api::describe_rule, s, {"Name", "EventBusName"}),
      row("ListRules", api::list_rules, s, {"NamePrefix", "EventBusName", "NextToken", "Limit"}),
      row("ListRuleNamesByTarget", api::list_rule_names_by_target, s,
          {"TargetArn", "EventBusName", "NextToken", "Limit"}),
      row("DeleteRule", api::delete_rule, s, {"Name", "EventBusName", "Force"}),
      row("EnableRule", api::enable_rule, s, {"Name", "EventBusName"}),
      row("DisableRule", api::disable_rule, s, {"Name", "EventBusName"}),
      row("PutTargets", api::put_targets, s, {"Rule", "EventBusName", "Targets"}),
      row("ListTargetsByRule", api::list_targets_by_rule, s,
          {"Rule", "EventBusName", "NextToken", "Limit"}),
      row("RemoveTargets", api::remove_targets, s, {"Rule", "EventBusName", "Ids", "Force"}),
      row("ListEventBuses", api::list_event_buses, s, {"NamePrefix", "NextToken", "Limit"}),
      row("DescribeEventBus", api::describe_event_bus, s, {"Name"}),
      row("TagResource", api::tag_resource, s, {"ResourceARN", "Tags"}),
      row("UntagResource", api::untag_resource, s, {"ResourceARN", "TagKeys"}),
      row("ListTagsForResource", api::list_tags_for_resource, s, {"ResourceARN"}),
  };
}

}  // namespace

EventsService::EventsService(service::Environment environment, EventsPorts ports,
                             Deliveries::Bounds bounds)
    : environment_(std::move(environment)),
      rules_(environment_.store),
      deliveries_(environment_.store, bounds),
      deliverer_(environment_, ports, deliveries_),
      operations_(table({environment_, rules_, deliveries_, deliverer_})) {}

std::function<void()> EventsService::forgetting() {
  return [this] {
    rules_.clear();
    deliveries_.clear();
  };
}

void EventsService::put(json::object event) {
  const api::Scope scope{environment_, rules_, deliveries_, deliverer_};
  const std::vector<Delivery> deliveries = api::deliveries_of(scope, event);
  if (!deliveries_.has_room(deliveries)) {
    ++dropped_;
    log::warning("events: event {} of {} is dropped: {} are on their way",
                 json::string_or(event, "id"), json::string_or(event, "source"),
                 deliveries_.size());
    return;
  }
  deliveries_.add(deliveries);
  deliverer_.wake();
}

void EventsService::describe_metrics(core::MetricSet& metrics) const {
  metrics
      .gauge("tandem_event_deliveries_waiting",
             "Events of EventBridge on their way, one for each target.")
      .add(deliveries_.size());
  metrics
      .counter("tandem_events_dropped_total",
               "Events of the region's own services dropped because too many were on their way.")
      .add(dropped_);
}

}  // namespace tandem::events
