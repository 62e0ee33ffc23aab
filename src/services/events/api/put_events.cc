#include "core/clock.h"
#include "core/ids.h"
#include "core/log.h"
#include "service/operation.h"
#include "services/events/api/operations.h"
#include "services/events/model/event.h"
#include "services/events/model/json_tokens.h"
#include "services/events/model/target_input.h"

namespace tandem::events::api {
namespace {

json::object failed(std::string_view code, std::string_view message) {
  return {{"ErrorCode", code}, {"ErrorMessage", message}};
}

/// The result of one entry; what follows from it is added to all.
json::object take(const Scope& scope, const json::object& entry, std::vector<Delivery>& all) {
  json::object detail;
  if (const auto error = read_entry(entry, detail)) return failed(error->code, error->message);
  EventOrigin origin{core::uuid4(scope.environment.random), scope.environment.account(),
                     scope.environment.region, scope.environment.clock.now_s()};
  const json::object event = make_event(entry, std::move(detail), origin);
  // An event for a bus that there is not is taken all the same, and goes nowhere: so AWS answered
  // in December 2024 (localstack/localstack, test_put_events_nonexistent_event_bus).
  if (is_default_bus(scope, json::string_or(entry, "EventBusName", kDefaultBus))) {
    const std::size_t before = all.size();
    for (Delivery& delivery : deliveries_of(scope, event)) all.push_back(std::move(delivery));
    if (!scope.deliveries.has_room(all)) {
      all.resize(before);
      return failed("ThrottlingException", "Rate exceeded");
    }
  }
  return {{"EventId", origin.id}};
}

}  // namespace

std::vector<Delivery> deliveries_of(const Scope& scope, const json::object& event) {
  std::vector<Delivery> found;
  const std::int64_t now_ms = scope.environment.clock.now_ms();
  const std::string ingestion_time = core::iso8601_s(now_ms / 1000);
  json::object room;
  const json::object& stepped = with_steps(event, room);
  for (const auto& [name, rule] : scope.rules.all()) {
    const bool wanted = rule.enabled() && rule.pattern && !rule.targets().empty();
    if (!wanted || !rule.pattern->matches(stepped)) continue;
    const MatchedRule matched{name, scope.rule_arn(name)};
    for (const json::value& each : rule.targets()) {
      const json::object& target = each.as_object();
      auto input = input_of(target, event, matched, ingestion_time);
      if (!input) {
        log::warning("events: rule {}: target {} gets nothing of event {}: {}", name,
                     json::string_or(target, "Id"), json::string_or(event, "id"),
                     input.error().message);
        continue;
      }
      found.push_back({name, matched.arn, target, std::move(input).value(), 0, now_ms, now_ms});
    }
  }
  return found;
}

json::object put_events(const Scope& scope, const json::object& input) {
  const json::array& entries = *json::find_array(input, "Entries");
  std::size_t bytes = 0;
  for (const json::value& each : entries) {
    bytes += entry_bytes(each.as_object());
    if (each.as_object().contains("TraceHeader")) service::refuse_member("Entries.TraceHeader");
  }
  if (bytes > kRequestBytes) {
    throw errors::validation("Total size of the entries in the request is over the limit.");
  }
  std::vector<Delivery> all;
  json::array results;
  std::int64_t failures = 0;
  for (const json::value& each : entries) {
    json::object result = take(scope, each.as_object(), all);
    if (result.contains("ErrorCode")) ++failures;
    results.push_back(std::move(result));
  }
  scope.deliveries.add(all);
  scope.deliverer.wake();
  return {{"FailedEntryCount", failures}, {"Entries", std::move(results)}};
}

json::object test_event_pattern(const Scope&, const json::object& input) {
  // Recorded on AWS in December 2024 (localstack/localstack, test_plain_string_payload).
  const auto parsed = json::parse_text(json::string_or(input, "Event"), kEventDepth);
  const json::object* event = parsed ? parsed.value().if_object() : nullptr;
  if (event == nullptr || !is_event(*event)) {
    throw errors::validation("Parameter Event is not valid.");
  }
  try {
    const EventPattern pattern = EventPattern::compile(json::string_or(input, "EventPattern"));
    json::object room;
    return {{"Result", pattern.matches(with_steps(*event, room))}};
  } catch (const PatternError& error) {
    throw errors::invalid_pattern(error.what());
  }
}

}  // namespace tandem::events::api
