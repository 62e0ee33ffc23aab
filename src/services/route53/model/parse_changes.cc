#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "service/operation.h"
#include "services/route53/model/change_batch.h"
#include "services/route53/model/errors.h"
#include "services/route53/model/hosted_zone.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

constexpr std::string_view kMember = "ChangeBatch.Changes.member.ResourceRecordSet.";

/// How AWS names a change in its structural complaints.
std::string describe(std::string_view action, const json::object& record) {
  return fmt::format("[Action={}, Name={}, Type={}, SetIdentifier={}]", action,
                     json::string_or(record, "Name"), json::string_or(record, "Type"),
                     json::string_or(record, "SetIdentifier", "null"));
}

void refuse_unimplemented(const json::object& record) {
  constexpr std::array<std::string_view, 3> kRefused{"CidrRoutingConfig", "GeoProximityLocation",
                                                     "TrafficPolicyInstanceId"};
  for (const std::string_view member : kRefused) {
    if (json::find(record, member) != nullptr) {
      service::refuse_member(std::string(kMember) + std::string(member),
                             "IP-based and geoproximity routing and traffic policies are not "
                             "implemented.");
    }
  }
}

/// How a record set with a set identifier is chosen: by exactly one of these.
void check_policy(std::string_view action, const json::object& record) {
  std::size_t policies = 0;
  for (const char* member : {"Weight", "Region", "Failover", "GeoLocation"}) {
    policies += json::find(record, member) != nullptr ? 1 : 0;
  }
  policies += json::bool_or(record, "MultiValueAnswer", false) ? 1 : 0;
  const bool identifier = json::find(record, "SetIdentifier") != nullptr;
  if (policies > 0 && !identifier) {
    throw errors::invalid_input(
        fmt::format("Invalid request: Missing field 'SetIdentifier' in Change with {}",
                    describe(action, record)));
  }
  if (policies > 1 || (identifier && policies == 0)) {
    throw errors::invalid_input(fmt::format(
        "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, "
        "MultiValueAnswer, or CidrRoutingConfig], but found {} in Change with {}",
        policies > 1 ? "more than one" : "none", describe(action, record)));
  }
}

/// API reference, GeoLocation: a continent goes with nothing else, a subdivision with its country.
void check_location(std::string_view action, const json::object& record,
                    const aws::Places& places) {
  const json::object* geo = json::find_object(record, "GeoLocation");
  if (geo == nullptr) return;
  const std::string continent = json::string_or(*geo, "ContinentCode");
  const std::string country = json::string_or(*geo, "CountryCode");
  const std::string subdivision = json::string_or(*geo, "SubdivisionCode");
  if (continent.empty() && country.empty() && !subdivision.empty()) {
    throw errors::invalid_input(
        fmt::format("Invalid request: Missing field 'CountryCode' in Change with {}",
                    describe(action, record)));
  }
  const bool both = !continent.empty() && !(country.empty() && subdivision.empty());
  if (both || (continent.empty() && country.empty())) {
    throw errors::invalid_input(fmt::format(
        "Invalid request: Expected exactly one of [ContinentCode, or CountryCode], but found {} in "
        "Change with {}",
        both ? "more than one" : "none", describe(action, record)));
  }
  if (places.location(continent, country, subdivision) == nullptr) {
    throw errors::invalid_input(fmt::format(
        "Invalid request: The geographic location {} is not supported in Change with {}",
        location_text({continent, country, subdivision}, places), describe(action, record)));
  }
}

void check_structure(std::string_view action, const json::object& record) {
  const bool alias = json::find(record, "AliasTarget") != nullptr;
  const bool ttl = json::find(record, "TTL") != nullptr;
  const bool values = json::find(record, "ResourceRecords") != nullptr;
  constexpr std::string_view kOneOf =
      "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], "
      "or TrafficPolicyInstanceId], but found {} in Change with {}";
  if (alias && (ttl || values)) {
    throw errors::invalid_input(
        fmt::format(fmt::runtime(kOneOf), "more than one", describe(action, record)));
  }
  if (!alias && !(ttl && values)) {
    if (ttl || values) {
      throw errors::invalid_input(
          fmt::format("Invalid request: Missing field '{}' in Change with {}",
                      ttl ? "ResourceRecords" : "TTL", describe(action, record)));
    }
    throw errors::invalid_input(
        fmt::format(fmt::runtime(kOneOf), "none", describe(action, record)));
  }
}

Action parse_action(std::string_view text) {
  if (text == "CREATE") return Action::kCreate;
  if (text == "DELETE") return Action::kDelete;
  if (text == "UPSERT") return Action::kUpsert;
  throw errors::invalid_input(fmt::format(
      "Invalid XML ; cvc-enumeration-valid: Value '{}' is not facet-valid with respect to "
      "enumeration '[CREATE, DELETE, UPSERT]'. It must be a value from the enumeration.",
      text));
}

std::string fatal(std::string_view problem, std::string_view with) {
  return fmt::format("FATAL problem: {} encountered with '{}'", problem, with);
}

/// Reads one record; what is wrong with its name and values goes to problems.
RecordSet parse_record(const json::object& document, std::vector<std::string>& problems) {
  RecordSet record;
  const std::string type = json::string_or(document, "Type");
  const auto known = type_from_text(type);
  if (!known) throw errors::unknown_record_type(type);
  record.type = *known;
  const std::string name = json::string_or(document, "Name");
  auto parsed = parse_name(name);
  if (parsed) {
    record.name = std::move(parsed).value();
  } else {
    problems.push_back(fatal(parsed.error().message, name));
  }
  record.set_identifier = json::string_or(document, "SetIdentifier");
  read_policy(document, record);
  record.ttl = static_cast<std::uint32_t>(json::int_or(document, "TTL", 0));
  record.health_check_id = json::string_or(document, "HealthCheckId");
  if (const json::array* values = json::find_array(document, "ResourceRecords")) {
    for (const json::value& value : *values) {
      std::string text = json::string_or(value.as_object(), "Value");
      if (std::ranges::find(record.values, text) != record.values.end()) {
        problems.push_back(fmt::format("Duplicate Resource Record: '{}'", text));
        continue;
      }
      record.values.push_back(std::move(text));
      const auto data = parse_rdata(record.type, record.values.back());
      if (data) continue;
      problems.push_back(fmt::format("Invalid Resource Record: '{}'",
                                     fatal(data.error().message, record.values.back())));
    }
  }
  if (const json::object* target = json::find_object(document, "AliasTarget")) {
    const std::string target_name = json::string_or(*target, "DNSName");
    auto dns_name = parse_name(target_name);
    record.alias = AliasTarget{bare_id(json::string_or(*target, "HostedZoneId")),
                               {},
                               json::bool_or(*target, "EvaluateTargetHealth", false)};
    if (dns_name) {
      record.alias->dns_name = std::move(dns_name).value();
    } else {
      problems.push_back(fatal(dns_name.error().message, target_name));
    }
  }
  return record;
}

/// UPSERT counts twice, for both limits.
void check_limits(const std::vector<Change>& changes) {
  std::size_t values = 0;
  std::size_t characters = 0;
  for (const Change& change : changes) {
    const std::size_t factor = change.action == Action::kUpsert ? 2 : 1;
    values += factor * std::max<std::size_t>(1, change.record.values.size());
    for (const std::string& value : change.record.values) characters += factor * value.size();
  }
  if (values > kMaxBatchValues) {
    throw errors::invalid_change_batch({"Number of records limit of 1000 exceeded."});
  }
  if (characters > kMaxBatchCharacters) {
    throw errors::invalid_change_batch({"Number of characters limit of 32000 exceeded."});
  }
}

}  // namespace

std::vector<Change> parse_changes(const json::object& change_batch, const aws::Places& places) {
  std::vector<Change> changes;
  std::vector<std::string> problems;
  const json::array* list = json::find_array(change_batch, "Changes");
  if (list == nullptr || list->empty()) {
    throw errors::invalid_input("Invalid request: Missing field 'Changes' in ChangeBatch");
  }
  for (const json::value& item : *list) {
    const json::object& document = item.as_object();
    const std::string action = json::string_or(document, "Action");
    const json::object* record = json::find_object(document, "ResourceRecordSet");
    if (record == nullptr) {
      throw errors::invalid_input("Invalid request: Missing field 'ResourceRecordSet' in Change");
    }
    const Action parsed = parse_action(action);
    refuse_unimplemented(*record);
    check_structure(action, *record);
    check_policy(action, *record);
    check_location(action, *record, places);
    changes.push_back({parsed, parse_record(*record, problems)});
  }
  check_limits(changes);
  if (!problems.empty()) throw errors::invalid_change_batch(problems);
  return changes;
}

}  // namespace tandem::route53
