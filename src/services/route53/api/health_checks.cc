#include <fmt/format.h>

#include "core/ids.h"
#include "services/route53/api/backend.h"
#include "services/route53/model/errors.h"

namespace tandem::route53 {
namespace {

using service::Reply;

json::object check_reply(const HealthCheck& check) {
  return json::object{{"HealthCheck", to_document(check)}};
}

AllowedAddress allowed_by(const Backend& backend) {
  return [&backend](std::string_view address) { return backend.probe_allowed(address); };
}

/// The whole reply of CreateHealthCheck, for a new check and for one that was there.
Reply created(const HealthCheck& check) {
  Reply reply(check_reply(check));
  reply.output["Location"] = "https://route53.amazonaws.com/2013-04-01/healthcheck/" + check.id;
  return reply;
}

Reply create(Backend& backend, const json::object& input) {
  const json::object* config = json::find_object(input, "HealthCheckConfig");
  if (config == nullptr) {
    throw errors::invalid_input("Invalid request: Missing field 'HealthCheckConfig'");
  }
  HealthCheck check;
  check.caller_reference = json::string_or(input, "CallerReference");
  check.config = parse_health_check(*config, allowed_by(backend));
  backend.check_alarms(check.config);
  backend.check_children(check.config);
  if (const HealthCheck* other = backend.checks.find_reference(check.caller_reference)) {
    if (other->config == check.config) return created(*other);
    throw errors::health_check_already_exists(check.caller_reference);
  }
  if (backend.checks.reference_spent(check.caller_reference)) {
    throw errors::health_check_already_exists(check.caller_reference);
  }
  if (backend.checks.all().size() >= kMaxHealthChecks) throw errors::too_many_health_checks();
  check.id = core::uuid4(backend.env.random);
  store::WriteBatch batch;
  backend.checks.write(batch, check);
  backend.env.store.write(std::move(batch));
  backend.checks.put(check);
  backend.watch(check);
  return created(check);
}

Reply get(Backend& backend, const json::object& input) {
  return check_reply(backend.check(json::string_or(input, "HealthCheckId")));
}

Reply update(Backend& backend, const json::object& input) {
  HealthCheck& check = backend.check(json::string_or(input, "HealthCheckId"));
  const auto version = json::find_int(input, "HealthCheckVersion");
  if (version && *version != check.version) {
    throw errors::health_check_version_mismatch(*version, check.version);
  }
  HealthCheck changed = check;
  changed.config = update_health_check(check.config, input, allowed_by(backend));
  // Those that were deleted since stay as they are until the list is given anew.
  if (json::find(input, "ChildHealthChecks") != nullptr) backend.check_children(changed.config);
  ++changed.version;
  store::WriteBatch batch;
  backend.checks.write(batch, changed);
  backend.env.store.write(std::move(batch));
  check = changed;
  backend.watch(check);
  return check_reply(check);
}

/// Also while records refer to it: HealthCheckInUse is declared but never given.
Reply remove(Backend& backend, const json::object& input) {
  const HealthCheck check = backend.check(json::string_or(input, "HealthCheckId"));
  store::WriteBatch batch;
  backend.checks.erase(batch, check);
  backend.tags.erase(batch, "healthcheck/" + check.id);
  backend.env.store.write(std::move(batch));
  backend.checks.remove(check.id);
  backend.unwatch(check.id);
  return Reply();
}

Reply list(Backend& backend, const json::object& input) {
  return list_from_marker(backend.checks.all(), json::string_or(input, "Marker"), "HealthChecks",
                          max_items(input, 100));
}

Reply observations_reply(const std::vector<CheckerObservation>& observations) {
  json::array list;
  for (const CheckerObservation& seen : observations) {
    json::object report;
    report["Status"] = seen.observation.status;
    report["CheckedTime"] = seen.observation.checked_s;
    json::object entry;
    entry["Region"] = seen.region;
    entry["IPAddress"] = seen.address;
    entry["StatusReport"] = std::move(report);
    list.push_back(std::move(entry));
  }
  return json::object{{"HealthCheckObservations", std::move(list)}};
}

/// Throws InvalidInput about a check that no checker makes.
const HealthCheck& probed_check(Backend& backend, const json::object& input) {
  const HealthCheck& check = backend.check(json::string_or(input, "HealthCheckId"));
  if (!check.config.calculated()) return check;
  throw errors::invalid_input(
      fmt::format("Health check {} is of the type {}, which no health checker reports on.",
                  check.id, check_type_text(check.config.type)));
}

Reply status(Backend& backend, const json::object& input) {
  const HealthCheck& check = probed_check(backend, input);
  return observations_reply(backend.monitor.observations(check.id));
}

Reply last_failure(Backend& backend, const json::object& input) {
  const HealthCheck& check = probed_check(backend, input);
  return observations_reply(backend.monitor.last_failures(check.id));
}

Reply count(Backend& backend, const json::object&) {
  return json::object{{"HealthCheckCount", backend.checks.all().size()}};
}

}  // namespace

std::vector<service::Operation> health_check_operations(Backend& backend) {
  return {
      row(backend, "CreateHealthCheck", create, {"CallerReference", "HealthCheckConfig"}),
      row(backend, "GetHealthCheck", get, {"HealthCheckId"}),
      row(backend, "ListHealthChecks", list, {"Marker", "MaxItems"}),
      row(backend, "UpdateHealthCheck", update,
          {"HealthCheckId", "HealthCheckVersion", "IPAddress", "Port", "ResourcePath",
           "FullyQualifiedDomainName", "SearchString", "FailureThreshold", "Inverted", "Disabled",
           "EnableSNI", "Regions", "ResetElements", "HealthThreshold", "ChildHealthChecks",
           "AlarmIdentifier", "InsufficientDataHealthStatus"}),
      row(backend, "DeleteHealthCheck", remove, {"HealthCheckId"}),
      row(backend, "GetHealthCheckStatus", status, {"HealthCheckId"}),
      row(backend, "GetHealthCheckLastFailureReason", last_failure, {"HealthCheckId"}),
      row(backend, "GetHealthCheckCount", count, {}),
  };
}

}  // namespace tandem::route53
