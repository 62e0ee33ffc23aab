#include "services/route53/model/record_set.h"

#include <algorithm>

#include "core/check.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

json::object geo_document(const GeoLocation& geo) {
  json::object document;
  if (!geo.continent.empty()) document["ContinentCode"] = geo.continent;
  if (!geo.country.empty()) document["CountryCode"] = geo.country;
  if (!geo.subdivision.empty()) document["SubdivisionCode"] = geo.subdivision;
  return document;
}

}  // namespace

Policy RecordSet::policy() const {
  if (weight) return Policy::kWeighted;
  if (!region.empty()) return Policy::kLatency;
  if (failover) return Policy::kFailover;
  if (geo) return Policy::kGeolocation;
  return multivalue ? Policy::kMultivalue : Policy::kSimple;
}

RecordKey key_of(const RecordSet& record) {
  return {reversed(record.name), std::string(type_text(record.type)), record.set_identifier};
}

json::object to_document(const RecordSet& record) {
  json::object document;
  document["Name"] = record.name.text;
  document["Type"] = type_text(record.type);
  if (!record.set_identifier.empty()) document["SetIdentifier"] = record.set_identifier;
  if (record.weight) document["Weight"] = *record.weight;
  if (!record.region.empty()) document["Region"] = record.region;
  if (record.geo) document["GeoLocation"] = geo_document(*record.geo);
  if (record.failover) {
    document["Failover"] = *record.failover == Failover::kPrimary ? "PRIMARY" : "SECONDARY";
  }
  if (record.multivalue) document["MultiValueAnswer"] = true;
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

void read_policy(const json::object& document, RecordSet& record) {
  if (const auto weight = json::find_int(document, "Weight")) {
    record.weight = static_cast<std::uint32_t>(*weight);
  }
  record.region = json::string_or(document, "Region");
  if (const auto role = json::find_string(document, "Failover")) {
    record.failover = *role == "PRIMARY" ? Failover::kPrimary : Failover::kSecondary;
  }
  if (const json::object* geo = json::find_object(document, "GeoLocation")) {
    record.geo =
        GeoLocation{json::string_or(*geo, "ContinentCode"), json::string_or(*geo, "CountryCode"),
                    json::string_or(*geo, "SubdivisionCode")};
  }
  record.multivalue = json::bool_or(document, "MultiValueAnswer", false);
}

RecordSet record_from_document(const json::object& document) {
  RecordSet record;
  auto name = parse_name(json::string_or(document, "Name"));
  const auto type = type_from_text(json::string_or(document, "Type"));
  CHECK(name.ok() && type.has_value());
  record.name = std::move(name).value();
  record.type = *type;
  record.set_identifier = json::string_or(document, "SetIdentifier");
  read_policy(document, record);
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
  const bool chosen_alike = a.weight == b.weight && a.region == b.region &&
                            a.failover == b.failover && a.geo == b.geo &&
                            a.multivalue == b.multivalue;
  if (!chosen_alike || a.alias != b.alias || a.health_check_id != b.health_check_id) return false;
  if (a.alias) return true;
  auto left = a.values;
  auto right = b.values;
  std::ranges::sort(left);
  std::ranges::sort(right);
  return a.ttl == b.ttl && left == right;
}

}  // namespace tandem::route53
