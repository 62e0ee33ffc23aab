#include "services/events/api/operations.h"

namespace tandem::events::api {
namespace {

json::object default_bus(const Scope& scope) {
  return {{"Name", kDefaultBus}, {"Arn", scope.bus_arn()}};
}

}  // namespace

json::object list_event_buses(const Scope& scope, const json::object& input) {
  service::Page page(kPages, input, "EventBuses");
  if (kDefaultBus.starts_with(json::string_or(input, "NamePrefix"))) {
    page.add(kDefaultBus, [&] { return default_bus(scope); });
  }
  return std::move(page).finish();
}

json::object describe_event_bus(const Scope& scope, const json::object& input) {
  require_default_bus(scope, input, "Name");
  return default_bus(scope);
}

}  // namespace tandem::events::api
