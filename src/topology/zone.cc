#include "topology/zone.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace tandem::topology {
namespace {

constexpr std::string_view kZone = "AWS::Route53::HostedZone";
constexpr std::string_view kRecord = "AWS::Route53::RecordSet";
constexpr std::size_t kMostNamed = 5;
constexpr std::string_view kValidationTarget = ".acm-validations.aws.";

std::string bare(const std::string& id) { return id.substr(id.rfind('/') + 1); }

std::string absolute(std::string name) {
  if (!name.ends_with('.')) name += '.';
  return name;
}

bool is_private(const json::object& zone) {
  const auto* config = json::find_object(zone, "Config");
  const auto* flag = config == nullptr ? nullptr : json::find(*config, "PrivateZone");
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

/// AWS Certificate Manager User Guide, "DNS validation": a CNAME record below the name that the
/// certificate is for, to a name of ACM's.
bool validates_any(const json::object& record, const std::set<std::string>& names) {
  const auto* values = json::find_array(record, "ResourceRecords");
  if (json::string_or(record, "Type") != "CNAME" || values == nullptr || values->empty()) {
    return false;
  }
  const std::string value = json::string_or(values->front().as_object(), "Value");
  const std::string name = json::string_or(record, "Name");
  return absolute(value).ends_with(kValidationTarget) && name.starts_with('_') &&
         names.contains(name.substr(name.find('.') + 1));
}

/// "You can only delete a hosted zone if there are no records other than the default SOA record and
/// NS records" (Route 53 API Reference, DeleteHostedZone): an NS record of a name below delegates.
bool goes_with_its_zone(const json::object& record, std::string_view apex) {
  const std::string type = json::string_or(record, "Type");
  return (type == "SOA" || type == "NS") && json::string_or(record, "Name") == apex;
}

/// Where its SOA record is.
std::string apex_of(const std::vector<json::object>& records) {
  const auto found = std::find_if(records.begin(), records.end(), [](const json::object& one) {
    return json::string_or(one, "Type") == "SOA";
  });
  return found == records.end() ? "" : json::string_or(*found, "Name");
}

/// What the routing stack has of a zone. A record set is told from the others of its name by its
/// type and identifier (Route 53 API Reference, ResourceRecordSet).
struct OwnRecords {
  std::set<std::string> names;
  std::set<std::string> types;
  std::set<std::string> identifiers;

  bool has(const json::object& record) const {
    return names.contains(json::string_or(record, "Name")) &&
           types.contains(json::string_or(record, "Type")) &&
           identifiers.contains(json::string_or(record, "SetIdentifier"));
  }
};

Task<json::object> deployed_template(Cloud cloud, Topology topology) {
  json::object input{{"StackName", routing_stack_name(topology)}};
  try {
    const json::object answer =
        co_await cloud.call(topology.home, "cloudformation", "GetTemplate", std::move(input));
    const auto body = json::parse_text(json::string_or(answer, "TemplateBody"));
    if (body && body.value().is_object()) co_return body.value().as_object();
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return json::object();
}

/// By its resources, and by its template: an update may have ended between the two.
Task<OwnRecords> own_records(Cloud cloud, Topology topology) {
  OwnRecords own;
  const auto resources = co_await cloud.resources(topology.home, routing_stack_name(topology));
  for (const ResourceState& one : resources) {
    if (one.type == kRecord && !one.physical_id.empty())
      own.names.insert(absolute(one.physical_id));
  }
  const json::object deployed = co_await deployed_template(cloud, topology);
  for (const json::object& record : records_in(deployed)) {
    own.names.insert(absolute(json::string_or(record, "Name")));
    own.types.insert(json::string_or(record, "Type"));
    own.identifiers.insert(json::string_or(record, "SetIdentifier"));
  }
  co_return own;
}

/// Names that the deployment's certificates are for, or have been before its domain was edited.
Task<std::set<std::string>> certified_names(Cloud cloud, Topology topology) {
  OwnRecords own = co_await own_records(cloud, topology);
  own.names.insert(absolute(topology.domain));
  co_return std::move(own.names);
}

Task<std::vector<json::object>> records_of(Cloud cloud, std::string zone) {
  std::vector<json::object> all;
  json::object input{{"HostedZoneId", zone}};
  for (;;) {
    json::object question = input;
    const json::object answer =
        co_await cloud.call("us-east-1", "route53", "ListResourceRecordSets", std::move(question));
    const auto* records = json::find_array(answer, "ResourceRecordSets");
    for (std::size_t i = 0; records != nullptr && i < records->size(); ++i) {
      all.push_back((*records)[i].as_object());
    }
    const std::string next = json::string_or(answer, "NextRecordName");
    if (next.empty()) co_return all;
    input["StartRecordName"] = next;
    input["StartRecordType"] = json::string_or(answer, "NextRecordType");
    const std::string identifier = json::string_or(answer, "NextRecordIdentifier");
    input.erase("StartRecordIdentifier");
    if (!identifier.empty()) input["StartRecordIdentifier"] = identifier;
  }
}

/// False of one that is gone: mending it is another's business.
Task<bool> has_another_name(Cloud cloud, std::string id, std::string wanted) {
  json::object input{{"Id", id}};
  try {
    const json::object answer =
        co_await cloud.call("us-east-1", "route53", "GetHostedZone", std::move(input));
    const auto* zone = json::find_object(answer, "HostedZone");
    co_return zone != nullptr&& json::string_or(*zone, "Name") != wanted + ".";
  } catch (const aws::ApiError& error) {
    if (!is_missing(error)) throw;
  }
  co_return false;
}

}  // namespace

Task<HostedZone> find_zone(Cloud cloud, Topology topology) {
  const std::string stack = routing_stack_name(topology);
  const json::object state = co_await cloud.stack(topology.home, stack);
  const bool goes = can_only_be_deleted(json::string_or(state, "StackStatus"));
  std::vector<std::string> going;
  bool replaces = false;
  const auto resources = co_await cloud.resources(topology.home, stack);
  for (const ResourceState& one : resources) {
    if (one.type != kZone || one.physical_id.empty()) continue;
    const bool moved = !goes && co_await has_another_name(cloud, one.physical_id, topology.zone);
    if (!goes && !moved) co_return HostedZone{ZoneOwner::kStack, one.physical_id, false, {}};
    replaces = replaces || moved;
    going.push_back(one.physical_id);
  }
  // In the order of names from this one on: those of the name itself come first.
  json::object input{{"DNSName", topology.zone}};
  const json::object answer =
      co_await cloud.call("us-east-1", "route53", "ListHostedZonesByName", std::move(input));
  std::vector<std::string> found;
  const auto* zones = json::find_array(answer, "HostedZones");
  for (std::size_t i = 0; zones != nullptr && i < zones->size(); ++i) {
    const json::object& zone = (*zones)[i].as_object();
    if (json::string_or(zone, "Name") != topology.zone + "." || is_private(zone)) continue;
    std::string id = bare(json::string_or(zone, "Id"));
    if (std::find(going.begin(), going.end(), id) == going.end()) found.push_back(std::move(id));
  }
  if (found.size() > 1) {
    throw DeployError(
        fmt::format("there are {} hosted zones {}: {}; leave the one that the name is delegated to",
                    found.size(), topology.zone, fmt::join(found, ", ")));
  }
  if (found.empty()) co_return HostedZone{ZoneOwner::kStack, "", replaces, going};
  co_return HostedZone{ZoneOwner::kAccount, found.front(), replaces, going};
}

namespace {

Task<void> remove_validating(Cloud cloud, std::string zone, std::set<std::string> names) {
  if (names.empty()) co_return;
  json::array changes;
  std::vector<json::object> records = co_await records_of(cloud, zone);
  for (json::object& record : records) {
    if (!validates_any(record, names)) continue;
    changes.push_back(json::object{{"Action", "DELETE"}, {"ResourceRecordSet", std::move(record)}});
  }
  if (changes.empty()) co_return;
  json::object change{{"HostedZoneId", zone},
                      {"ChangeBatch", json::object{{"Changes", std::move(changes)}}}};
  co_await cloud.call("us-east-1", "route53", "ChangeResourceRecordSets", std::move(change));
}

}  // namespace

Task<void> remove_validation_records(Cloud cloud, Topology topology, std::string zone) {
  std::set<std::string> names = co_await certified_names(cloud, topology);
  co_await remove_validating(cloud, std::move(zone), std::move(names));
}

Task<void> remove_old_validation_records(Cloud cloud, Topology topology, std::string zone) {
  std::set<std::string> names = co_await certified_names(cloud, topology);
  names.erase(absolute(topology.domain));
  co_await remove_validating(cloud, std::move(zone), std::move(names));
}

Task<void> require_nobody_elses_records(Cloud cloud, Topology topology,
                                        std::vector<std::string> zones) {
  if (zones.empty()) co_return;
  const std::string stack = routing_stack_name(topology);
  const OwnRecords own = co_await own_records(cloud, topology);
  const std::set<std::string> certified = co_await certified_names(cloud, topology);
  for (const std::string& zone : zones) {
    std::vector<json::object> records;
    try {
      records = co_await records_of(cloud, zone);
    } catch (const aws::ApiError& error) {
      if (!is_missing(error)) throw;
    }
    const std::string apex = apex_of(records);
    std::vector<std::string> others;
    for (const json::object& record : records) {
      const bool goes = goes_with_its_zone(record, apex) || own.has(record);
      if (goes || validates_any(record, certified)) continue;
      others.push_back(
          fmt::format("{} {}", json::string_or(record, "Name"), json::string_or(record, "Type")));
    }
    if (others.empty()) continue;
    const std::size_t more = others.size() > kMostNamed ? others.size() - kMostNamed : 0;
    others.resize(others.size() - more);
    throw DeployError(fmt::format(
        "hosted zone {} of stack {} cannot go: it holds records that are not the deployment's: "
        "{}{}; delete them, or move them to another zone, first",
        zone, stack, fmt::join(others, ", "), more > 0 ? fmt::format(", and {} more", more) : ""));
  }
}

}  // namespace tandem::topology
