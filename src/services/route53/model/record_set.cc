#include "services/route53/model/record_set.h"

#include <algorithm>

#include "core/check.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {

RecordKey key_of(const RecordSet& record) {
  return {reversed(record.name), std::string(type_text(record.type)), record.set_identifier};
}

json::object to_document(const RecordSet& record) {
  json::object document;
  document["Name"] = record.name.text;
  document["Type"] = type_text(record.type);
  if (!record.set_identifier.empty()) document["SetIdentifier"] = record.set_identifier;
  if (record.weight) document["Weight"] = *record.weight;
  if (record.alias) {
    json::object target;
    target["HostedZoneId"] = record.alias->hosted_zone_id;
    target["DNSName"] = record.alias->dns_name.text;
    target["EvaluateTargetHealth"] = record.alias->evaluate_target_health;
    document["AliasTarget"] = std::move(target);
  } else {
    document["TTL"] = record.ttl;
    json::array values;
    for (const std::string& value : record.values) {
      values.emplace_back(json::object{{"Value", value}});
    }
    document["ResourceRecords"] = std::move(values);
  }
  if (!record.health_check_id.empty()) document["HealthCheckId"] = record.health_check_id;
  return document;
}

RecordSet record_from_document(const json::object& document) {
  RecordSet record;
  auto name = parse_name(json::string_or(document, "Name"));
  const auto type = type_from_text(json::string_or(document, "Type"));
  CHECK(name.ok() && type.has_value());
  record.name = std::move(name).value();
  record.type = *type;
  record.set_identifier = json::string_or(document, "SetIdentifier");
  if (const auto weight = json::find_int(document, "Weight")) {
    record.weight = static_cast<std::uint32_t>(*weight);
  }
  record.ttl = static_cast<std::uint32_t>(json::int_or(document, "TTL", 0));
  if (const json::array* values = json::find_array(document, "ResourceRecords")) {
    for (const json::value& value : *values) {
      record.values.push_back(json::string_or(value.as_object(), "Value"));
    }
  }
  if (const json::object* target = json::find_object(document, "AliasTarget")) {
    auto target_name = parse_name(json::string_or(*target, "DNSName"));
    CHECK(target_name.ok());
    record.alias =
        AliasTarget{json::string_or(*target, "HostedZoneId"), std::move(target_name).value(),
                    json::bool_or(*target, "EvaluateTargetHealth", false)};
  }
  record.health_check_id = json::string_or(document, "HealthCheckId");
  return record;
}

bool same_contents(const RecordSet& a, const RecordSet& b) {
  if (a.weight != b.weight || a.alias != b.alias || a.health_check_id != b.health_check_id) {
    return false;
  }
  if (a.alias) return true;
  auto left = a.values;
  auto right = b.values;
  std::ranges::sort(left);
  std::ranges::sort(right);
  return a.ttl == b.ttl && left == right;
}

}  // namespace tandem::route53
