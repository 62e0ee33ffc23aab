// The operations of EventBridge and what they share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "service/environment.h"
#include "service/operation.h"
#include "service/page.h"
#include "service/tags.h"
#include "services/events/delivery/deliverer.h"
#include "services/events/errors.h"
#include "services/events/store/deliveries.h"
#include "services/events/store/rules.h"

namespace tandem::events::api {

inline constexpr std::string_view kDefaultBus = "default";
/// "Rules: 300 per event bus", "Targets: 5 per rule" (EventBridge quotas).
inline constexpr std::size_t kMostRules = 300;
inline constexpr std::size_t kMostTargets = 5;

/// What every operation works on.
struct Scope {
  const service::Environment& environment;
  Rules& rules;
  Deliveries& deliveries;
  Deliverer& deliverer;
  service::TagSource caller = service::TagSource::kService;

  std::string rule_arn(std::string_view rule) const;
  std::string bus_arn() const;
};

json::object put_rule(const Scope& scope, const json::object& input);
json::object describe_rule(const Scope& scope, const json::object& input);
json::object list_rules(const Scope& scope, const json::object& input);
json::object list_rule_names_by_target(const Scope& scope, const json::object& input);
json::object delete_rule(const Scope& scope, const json::object& input);
json::object enable_rule(const Scope& scope, const json::object& input);
json::object disable_rule(const Scope& scope, const json::object& input);

json::object put_targets(const Scope& scope, const json::object& input);
json::object list_targets_by_rule(const Scope& scope, const json::object& input);
json::object remove_targets(const Scope& scope, const json::object& input);

json::object put_events(const Scope& scope, const json::object& input);
json::object test_event_pattern(const Scope& scope, const json::object& input);
json::object list_event_buses(const Scope& scope, const json::object& input);
json::object describe_event_bus(const Scope& scope, const json::object& input);

json::object tag_resource(const Scope& scope, const json::object& input);
json::object untag_resource(const Scope& scope, const json::object& input);
json::object list_tags_for_resource(const Scope& scope, const json::object& input);

/// What follows from an event: a delivery for each target of each rule that it matches.
std::vector<Delivery> deliveries_of(const Scope& scope, const json::object& event);

/// Whether a name or an ARN is the default bus's.
bool is_default_bus(const Scope& scope, std::string_view bus);
/// Throws ResourceNotFoundException for any bus but the default one; no name is that one.
void require_default_bus(const Scope& scope, const json::object& input,
                         std::string_view member = "EventBusName");
/// Throws ResourceNotFoundException.
const Rule& require_rule(const Scope& scope, std::string_view name);

inline constexpr service::TagRules kTagRules{
    .too_many = [](std::string_view) { return errors::too_many_tags(); },
    .reserved = errors::reserved_tag};

inline constexpr service::PageStyle kPages{.token = "NextToken",
                                           .next = "NextToken",
                                           .limit = "Limit",
                                           .usual = 100,
                                           .most = 100,
                                           .invalid = errors::invalid_next_token};

}  // namespace tandem::events::api
