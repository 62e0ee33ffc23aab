#include "services/cloudformation/resources/route53.h"

#include <fmt/format.h>
#include <set>

#include "core/text.h"

namespace tandem::cloudformation {
namespace {

std::string bare_id(std::string id) {
  const auto slash = id.rfind('/');
  return slash == std::string::npos ? id : id.substr(slash + 1);
}

std::string with_dot(std::string name) {
  if (!name.ends_with('.')) name += '.';
  return core::to_lower(name);
}

bool says_not_found(const aws::ApiError& error) {
  return error.code() == "InvalidChangeBatch" &&
         error.message().find("it was not found") != std::string::npos;
}

}  // namespace

json::object record_set(const json::object& properties) {
  json::object record =
      keep(properties, {"Name", "Type", "SetIdentifier", "Weight", "Region", "GeoLocation",
                        "Failover", "MultiValueAnswer", "HealthCheckId"});
  const std::string ttl = text_of(properties, "TTL");
  if (!ttl.empty()) {
    const auto seconds = core::parse_uint(ttl);
    if (!seconds) throw HandlerError("InvalidRequest", "TTL must be a number of seconds: " + ttl);
    record["TTL"] = *seconds;
  }
  if (const auto* values = json::find_array(properties, "ResourceRecords")) {
    json::array records;
    for (const auto& value : *values) records.push_back(json::object{{"Value", value}});
    record["ResourceRecords"] = std::move(records);
  }
  if (const auto* alias = json::find_object(properties, "AliasTarget")) {
    record["AliasTarget"] = json::object{
        {"HostedZoneId", text_of(*alias, "HostedZoneId")},
        {"DNSName", text_of(*alias, "DNSName")},
        {"EvaluateTargetHealth", json::bool_or(*alias, "EvaluateTargetHealth", false)}};
  }
  return record;
}

std::string identity_of(const json::object& record) {
  return fmt::format("{}|{}|{}", with_dot(text_of(record, "Name")), text_of(record, "Type"),
                     text_of(record, "SetIdentifier"));
}

Task<std::string> zone_of(HandlerContext& context, json::object properties) {
  const std::string id = text_of(properties, "HostedZoneId");
  const std::string name = text_of(properties, "HostedZoneName");
  if (id.empty() == name.empty()) {
    throw HandlerError("InvalidRequest",
                       "Exactly one of HostedZoneId and HostedZoneName must be specified");
  }
  // As create_hosted_zone gives it out, or bare.
  if (!id.empty()) co_return bare_id(id);
  json::object request{{"DNSName", name}};
  json::object found =
      co_await context.call("route53", "ListHostedZonesByName", std::move(request));
  std::vector<std::string> ids;
  if (const auto* zones = json::find_array(found, "HostedZones")) {
    for (const auto& zone : *zones) {
      if (with_dot(text_of(zone.as_object(), "Name")) == with_dot(name)) {
        ids.push_back(bare_id(text_of(zone.as_object(), "Id")));
      }
    }
  }
  if (ids.size() != 1) {
    throw HandlerError(ids.empty() ? "NotFound" : "InvalidRequest",
                       fmt::format("{} hosted zones found with the name {}",
                                   ids.empty() ? "No" : "Several", name));
  }
  co_return ids.front();
}

Task<bool> record_exists(HandlerContext& context, std::string zone, json::object record) {
  json::object request{{"HostedZoneId", zone},
                       {"StartRecordName", text_of(record, "Name")},
                       {"StartRecordType", text_of(record, "Type")},
                       {"MaxItems", "1"}};
  const std::string set = text_of(record, "SetIdentifier");
  if (!set.empty()) request["StartRecordIdentifier"] = set;
  json::object found;
  try {
    found = co_await context.call("route53", "ListResourceRecordSets", std::move(request));
  } catch (const aws::ApiError&) {
    co_return false;  // the call that makes it says what is wrong
  }
  const auto* sets = json::find_array(found, "ResourceRecordSets");
  co_return sets != nullptr && !sets->empty() &&
      identity_of(sets->front().as_object()) == identity_of(record);
}

json::object record_change(std::string_view action, const json::object& record) {
  return {{"Action", action}, {"ResourceRecordSet", record}};
}

Task<void> change_records(HandlerContext& context, std::string zone, json::array changes) {
  if (changes.empty()) co_return;
  json::object request{{"HostedZoneId", zone},
                       {"ChangeBatch", json::object{{"Changes", std::move(changes)}}}};
  json::object answer =
      co_await context.call("route53", "ChangeResourceRecordSets", std::move(request));
  const auto* change = json::find_object(answer, "ChangeInfo");
  if (change == nullptr || text_of(*change, "Status") == "INSYNC") co_return;
  const std::string id = bare_id(text_of(*change, "Id"));
  for (bool in_sync = false; !in_sync;) {
    json::object again{{"Id", id}};
    json::object found = co_await context.call("route53", "GetChange", std::move(again));
    const auto* info = json::find_object(found, "ChangeInfo");
    in_sync = info != nullptr && text_of(*info, "Status") == "INSYNC";
    if (!in_sync) co_await context.pause();
  }
}

// A batch is atomic, and one is refused when it has been made already: what it deletes is not
// there, and what it makes is, value for value, which deleting and making just that finds out.
Task<void> change_records_once(HandlerContext& context, std::string zone, json::array changes) {
  std::exception_ptr refused;
  try {
    json::array first = changes;
    co_await change_records(context, zone, std::move(first));
  } catch (const aws::ApiError& error) {
    if (error.code() != "InvalidChangeBatch") throw;
    refused = std::current_exception();
  }
  if (!refused) co_return;
  json::array same;
  std::set<std::string> made_anew;
  for (const auto& change : changes) {
    if (text_of(change.as_object(), "Action") == "DELETE") continue;
    made_anew.insert(identity_of(*json::find_object(change.as_object(), "ResourceRecordSet")));
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const json::object record = *json::find_object(changes[i].as_object(), "ResourceRecordSet");
    if (text_of(changes[i].as_object(), "Action") != "DELETE") {
      same.push_back(record_change("DELETE", record));
      same.push_back(record_change("CREATE", record));
    } else if (!made_anew.contains(identity_of(record))) {
      if (co_await record_exists(context, zone, record)) std::rethrow_exception(refused);
    }
  }
  bool made = true;
  try {
    co_await change_records(context, zone, std::move(same));
  } catch (const aws::ApiError&) {
    made = false;
  }
  if (!made) std::rethrow_exception(refused);
}

Task<void> remove_records(HandlerContext& context, std::string zone, json::array records) {
  json::array all;
  for (const auto& record : records) all.push_back(record_change("DELETE", record.as_object()));
  bool some_missing = false;
  try {
    co_await change_records(context, zone, std::move(all));
  } catch (const aws::ApiError& error) {
    if (!says_not_found(error)) throw;
    some_missing = true;
  }
  if (!some_missing) co_return;
  // A batch is atomic: one by one, those that are there go.
  for (const auto& record : records) {
    try {
      json::array one;
      one.push_back(record_change("DELETE", record.as_object()));
      co_await change_records(context, zone, std::move(one));
    } catch (const aws::ApiError& error) {
      if (!says_not_found(error)) throw;
    }
  }
}

}  // namespace tandem::cloudformation
