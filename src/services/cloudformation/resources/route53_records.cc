// AWS::Route53::RecordSet and RecordSetGroup.
#include <array>
#include <fmt/format.h>

#include "services/cloudformation/resources/route53.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

class RecordSet final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    const std::string zone = co_await zone_of(context, properties);
    Physical physical;
    physical.id = text_of(properties, "Name");
    physical.attributes["Id"] = physical.id;
    json::array changes;
    changes.push_back(record_change("CREATE", record_set(properties)));
    if (!co_await record_exists(context, zone, record_set(properties))) context.intend(physical);
    co_await change_records(context, zone, std::move(changes));
    co_return physical;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    const std::string zone = co_await zone_of(context, after);
    const json::object old_record = record_set(before);
    const json::object new_record = record_set(after);
    json::array changes;
    if (identity_of(old_record) != identity_of(new_record)) {
      changes.push_back(record_change("DELETE", old_record));
    }
    changes.push_back(record_change("UPSERT", new_record));
    co_await change_records_once(context, zone, std::move(changes));
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    const std::string zone = co_await zone_of(context, properties);
    json::array records;
    records.push_back(record_set(properties));
    co_await remove_records(context, zone, std::move(records));
  }
};

/// The member that says how a record set is chosen; empty of simple ones.
std::string_view policy_of(const json::object& record) {
  constexpr std::array<std::string_view, 5> kPolicies{"Weight", "Region", "Failover", "GeoLocation",
                                                      "MultiValueAnswer"};
  for (const std::string_view member : kPolicies) {
    if (json::find(record, member) != nullptr) return member;
  }
  return {};
}

// The group's records by zone: each zone is changed in one batch.
using Zones = std::map<std::string, std::map<std::string, json::object>>;

Task<Zones> zones_of(HandlerContext& context, json::object properties) {
  Zones zones;
  const auto* sets = json::find_array(properties, "RecordSets");
  if (sets == nullptr) co_return zones;
  for (const auto& set : *sets) {
    json::object place = keep(set.as_object(), {"HostedZoneId", "HostedZoneName"});
    if (place.empty()) place = keep(properties, {"HostedZoneId", "HostedZoneName"});
    const std::string zone = co_await zone_of(context, std::move(place));
    json::object record = record_set(set.as_object());
    const std::string identity = identity_of(record);
    if (!zones[zone].emplace(identity, std::move(record)).second) {
      throw HandlerError("InvalidRequest",
                         fmt::format("RecordSets holds {} more than once", identity));
    }
  }
  co_return zones;
}

/// Route 53 takes a batch in its order and refuses records of two policies beside each other, so
/// that all of the old policy go before the first of the new one is made: in one batch, for the
/// name to answer throughout.
json::array changes_between(const std::map<std::string, json::object>& old_records,
                            const std::map<std::string, json::object>& new_records) {
  json::array changes;
  const auto stays = [&](const std::string& identity, const json::object& record) {
    const auto now = new_records.find(identity);
    return now != new_records.end() && policy_of(now->second) == policy_of(record);
  };
  for (const auto& [identity, record] : old_records) {
    if (!stays(identity, record)) changes.push_back(record_change("DELETE", record));
  }
  for (const auto& [identity, record] : new_records) {
    const auto old = old_records.find(identity);
    if (old != old_records.end() && old->second == record) continue;
    const bool replaces = old != old_records.end() && stays(identity, old->second);
    changes.push_back(record_change(replaces ? "UPSERT" : "CREATE", record));
  }
  return changes;
}

class RecordSetGroup final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Zones zones = co_await zones_of(context, properties);
    Physical physical;
    physical.id = context.generated_name(128);
    physical.attributes["Id"] = physical.id;
    bool taken = false;
    for (const auto& [zone, records] : zones) {
      for (const auto& [identity, record] : records) {
        taken = taken || co_await record_exists(context, zone, record);
      }
    }
    if (!taken) context.intend(physical);
    for (const auto& [zone, records] : zones) {
      json::array changes;
      for (const auto& [identity, record] : records) {
        changes.push_back(record_change("CREATE", record));
      }
      co_await change_records(context, zone, std::move(changes));
      if (zones.size() > 1) context.claim(physical);
    }
    co_return physical;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    Zones old_zones = co_await zones_of(context, before);
    Zones new_zones = co_await zones_of(context, after);
    for (const auto& [zone, records] : new_zones) old_zones[zone];
    for (const auto& [zone, old_records] : old_zones) {
      co_await change_records_once(context, zone, changes_between(old_records, new_zones[zone]));
    }
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    Zones zones = co_await zones_of(context, properties);
    for (const auto& [zone, records] : zones) {
      json::array all;
      for (const auto& [identity, record] : records) all.push_back(record);
      co_await remove_records(context, zone, std::move(all));
    }
  }
};

}  // namespace

ResourceType route53_record_set() {
  return declare(
      "AWS::Route53::RecordSet",
      {.serves =
           "AliasTarget Comment Failover GeoLocation HealthCheckId HostedZoneId HostedZoneName "
           "MultiValueAnswer Name Region ResourceRecords SetIdentifier TTL Type Weight"},
      {"Id"}, "", std::make_unique<RecordSet>());
}

ResourceType route53_record_set_group() {
  return declare("AWS::Route53::RecordSetGroup",
                 {.serves = "Comment HostedZoneId HostedZoneName RecordSets",
                  .refuses = "RecordSets/*/CidrRoutingConfig RecordSets/*/GeoProximityLocation"},
                 {"Id"}, "", std::make_unique<RecordSetGroup>());
}

}  // namespace tandem::cloudformation
