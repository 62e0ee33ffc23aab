#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "core/ids.h"
#include "services/route53/api/backend.h"
#include "services/route53/model/errors.h"

namespace tandem::route53 {
namespace {

using service::Reply;

json::object zone_reply(const HostedZone& zone) {
  json::object reply;
  reply["HostedZone"] = to_document(zone);
  return reply;
}

Reply create(Backend& backend, const json::object& input) {
  const std::string given = json::string_or(input, "Name");
  auto name = parse_name(given);
  if (!name)
    throw errors::invalid_domain_name(name.error().message + " encountered with '" + given + "'");
  HostedZone zone;
  zone.name = std::move(name).value();
  zone.caller_reference = json::string_or(input, "CallerReference");
  if (const json::object* config = json::find_object(input, "HostedZoneConfig")) {
    if (json::bool_or(*config, "PrivateZone", false)) {
      service::refuse_member("HostedZoneConfig.PrivateZone", "Private zones are not implemented.");
    }
    zone.comment = json::find_string(*config, "Comment");
  }
  if (backend.zones.reference_used(zone.caller_reference)) {
    throw errors::hosted_zone_already_exists();
  }
  if (backend.zones.all().size() >= kMaxHostedZones) throw errors::too_many_hosted_zones();
  zone.id = "Z" + core::random_text(backend.env.random, 20, core::kUpperAlnum);
  zone.name_servers = draw_name_servers(backend.env.random);
  zone.sequence = backend.zones.next_sequence();
  zone.records = default_records(zone.name, zone.name_servers);

  ChangeInfo change = backend.new_change("");
  store::WriteBatch batch;
  backend.zones.write_zone(batch, zone);
  for (const auto& [key, record] : zone.records) {
    backend.zones.write_record(batch, zone.id, record);
  }
  backend.changes.write(batch, change);
  backend.env.store.write(std::move(batch));
  const HostedZone& made = backend.zones.insert(std::move(zone));
  backend.publish(made);

  Reply reply(zone_reply(made));
  reply.output["ChangeInfo"] = to_document(change, ChangeStatus::kPending);
  reply.output["DelegationSet"] = delegation_set_document(made);
  reply.output["Location"] = "https://route53.amazonaws.com/2013-04-01/hostedzone/" + made.id;
  backend.changes.add(std::move(change));
  return reply;
}

Reply get(Backend& backend, const json::object& input) {
  const HostedZone& zone = backend.zone(json::string_or(input, "Id"));
  json::object reply = zone_reply(zone);
  reply["DelegationSet"] = delegation_set_document(zone);
  return reply;
}

Reply remove(Backend& backend, const json::object& input) {
  const HostedZone& zone = backend.zone(json::string_or(input, "Id"));
  if (!only_default_records(zone)) throw errors::hosted_zone_not_empty();
  ChangeInfo change = backend.new_change("");
  const std::string id = zone.id;
  store::WriteBatch batch;
  backend.zones.erase_zone(batch, zone);
  backend.tags.erase(batch, "hostedzone/" + id);
  backend.changes.write(batch, change);
  backend.env.store.write(std::move(batch));
  backend.zones.remove(id);
  backend.answerer.remove_zone(id);
  json::object reply;
  reply["ChangeInfo"] = to_document(change, ChangeStatus::kPending);
  backend.changes.add(std::move(change));
  return reply;
}

Reply update_comment(Backend& backend, const json::object& input) {
  HostedZone& zone = backend.zone(json::string_or(input, "Id"));
  HostedZone changed = zone;
  changed.comment = json::find_string(input, "Comment");
  store::WriteBatch batch;
  backend.zones.write_zone(batch, changed);
  backend.env.store.write(std::move(batch));
  zone.comment = changed.comment;
  return zone_reply(zone);
}

Reply list(Backend& backend, const json::object& input) {
  return list_from_marker(backend.zones.all(), bare_id(json::string_or(input, "Marker")),
                          "HostedZones", max_items(input, 100));
}

Reply list_by_name(Backend& backend, const json::object& input) {
  const std::size_t most = max_items(input, 100);
  const auto from_name = json::find_string(input, "DNSName");
  const std::string from_id = bare_id(json::string_or(input, "HostedZoneId"));
  if (!from_id.empty() && !from_name) {
    throw errors::invalid_input("HostedZoneId cannot be specified without DNSName.");
  }
  std::string start;
  if (from_name) {
    const auto name = parse_name(*from_name);
    if (!name) throw errors::invalid_domain_name(name.error().message);
    start = reversed(name.value());
  }
  using NameAndId = std::pair<std::string, std::string>;
  std::map<NameAndId, const HostedZone*> ordered;
  for (const auto& [id, zone] : backend.zones.all()) ordered[{reversed(zone.name), id}] = &zone;
  service::PageCut<NameAndId> cut(NameAndId(start, from_id), most,
                                  service::TokenNames::kNextToGive);
  json::array page;
  for (const auto& [key, zone] : ordered) {
    if (!cut.offer(key, [&, &one = zone] { page.push_back(to_document(*one)); })) break;
  }
  json::object reply;
  reply["HostedZones"] = std::move(page);
  if (from_name) reply["DNSName"] = parse_name(*from_name).value().text;
  if (!from_id.empty()) reply["HostedZoneId"] = from_id;
  reply["IsTruncated"] = cut.more();
  if (cut.more()) {
    const HostedZone& next = *ordered.at(cut.edge());
    reply["NextDNSName"] = next.name.text;
    reply["NextHostedZoneId"] = next.id;
  }
  reply["MaxItems"] = std::to_string(most);
  return reply;
}

Reply count(Backend& backend, const json::object&) {
  return json::object{{"HostedZoneCount", backend.zones.all().size()}};
}

}  // namespace

std::vector<service::Operation> hosted_zone_operations(Backend& backend) {
  return {
      row(backend, "CreateHostedZone", create, {"Name", "CallerReference", "HostedZoneConfig"}),
      row(backend, "GetHostedZone", get, {"Id"}),
      row(backend, "ListHostedZones", list, {"Marker", "MaxItems"}),
      row(backend, "ListHostedZonesByName", list_by_name, {"DNSName", "HostedZoneId", "MaxItems"}),
      row(backend, "GetHostedZoneCount", count, {}),
      row(backend, "UpdateHostedZoneComment", update_comment, {"Id", "Comment"}),
      row(backend, "DeleteHostedZone", remove, {"Id"}),
  };
}

}  // namespace tandem::route53
