#include "aws/arn.h"
#include "services/events/api/operations.h"

namespace tandem::events::api {

std::string Scope::rule_arn(std::string_view rule) const {
  return aws::make_arn("events", environment.region, environment.account(),
                       "rule/" + std::string(rule));
}

std::string Scope::bus_arn() const {
  return aws::make_arn("events", environment.region, environment.account(),
                       "event-bus/" + std::string(kDefaultBus));
}

bool is_default_bus(const Scope& scope, std::string_view bus) {
  return bus == kDefaultBus || bus == scope.bus_arn();
}

void require_default_bus(const Scope& scope, const json::object& input, std::string_view member) {
  const std::string bus = json::string_or(input, member, kDefaultBus);
  if (is_default_bus(scope, bus)) return;
  throw errors::bus_not_found(bus.substr(bus.rfind('/') + 1));
}

const Rule& require_rule(const Scope& scope, std::string_view name) {
  const Rule* rule = scope.rules.find(name);
  if (rule == nullptr) throw errors::rule_not_found(name);
  return *rule;
}

}  // namespace tandem::events::api
