#include <fmt/format.h>

#include "core/text.h"
#include "net/dns_answer.h"
#include "services/route53/api/backend.h"
#include "services/route53/model/change_batch.h"
#include "services/route53/model/errors.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

using service::Reply;

constexpr std::size_t kRecordPage = 300;

Reply change(Backend& backend, const json::object& input) {
  HostedZone& zone = backend.zone(json::string_or(input, "HostedZoneId"));
  const json::object* given = json::find_object(input, "ChangeBatch");
  if (given == nullptr) throw errors::invalid_input("Invalid request: Missing field 'ChangeBatch'");
  const std::vector<Change> changes = parse_changes(*given, backend.places);
  for (const Change& one : changes) {
    const std::string& id = one.record.health_check_id;
    if (one.action != Action::kDelete && !id.empty()) backend.check(id);
  }
  const BatchWorld world{
      [&backend](const AliasTarget& target) { return backend.alias_target_exists(target); },
      backend.places};
  Outcome outcome = apply_changes({zone.id, zone.name, zone.records}, changes, world);

  ChangeInfo made = backend.new_change(json::string_or(*given, "Comment"));
  store::WriteBatch batch;
  for (const RecordKey& key : outcome.erased) backend.zones.erase_record(batch, zone.id, key);
  for (const RecordSet& record : outcome.written) {
    backend.zones.write_record(batch, zone.id, record);
  }
  backend.changes.write(batch, made);
  backend.env.store.write(std::move(batch));

  for (const RecordKey& key : outcome.erased) zone.records.erase(key);
  for (RecordSet& record : outcome.written) {
    RecordKey key = key_of(record);
    zone.records.insert_or_assign(std::move(key), std::move(record));
  }
  backend.publish(zone);
  json::object reply;
  reply["ChangeInfo"] = to_document(made, ChangeStatus::kPending);
  backend.changes.add(std::move(made));
  return reply;
}

/// Where a listing starts; the name may lie outside the zone.
RecordKey start_of(const json::object& input) {
  const auto name = json::find_string(input, "StartRecordName");
  const auto type = json::find_string(input, "StartRecordType");
  const auto identifier = json::find_string(input, "StartRecordIdentifier");
  if (type && !name) {
    throw errors::invalid_input("The input is not valid: type is specified without name.");
  }
  if (identifier && !(name && type)) {
    throw errors::invalid_input(
        "The input is not valid: identifier is specified without name and type.");
  }
  if (type && !type_from_text(*type)) throw errors::unknown_record_type(*type);
  RecordKey key;
  if (name) {
    const auto parsed = parse_name(*name);
    if (!parsed) throw errors::invalid_input(parsed.error().message);
    key.name = reversed(parsed.value());
  }
  key.type = type.value_or("");
  key.set_identifier = identifier.value_or("");
  return key;
}

Reply list(Backend& backend, const json::object& input) {
  const HostedZone& zone = backend.zone(json::string_or(input, "HostedZoneId"));
  const std::size_t most = max_items(input, kRecordPage);
  const RecordKey start = start_of(input);
  service::PageCut<RecordKey> cut(start, most, service::TokenNames::kNextToGive);
  json::array page;
  for (auto at = zone.records.lower_bound(start); at != zone.records.end(); ++at) {
    if (!cut.offer(at->first, [&] { page.push_back(to_document(at->second)); })) break;
  }
  json::object reply;
  reply["ResourceRecordSets"] = std::move(page);
  reply["IsTruncated"] = cut.more();
  if (cut.more()) {
    const RecordSet& next = zone.records.at(cut.edge());
    reply["NextRecordName"] = next.name.text;
    reply["NextRecordType"] = cut.edge().type;
    if (!next.simple()) reply["NextRecordIdentifier"] = next.set_identifier;
  }
  reply["MaxItems"] = std::to_string(most);
  return reply;
}

Reply get_change(Backend& backend, const json::object& input) {
  const std::string id = bare_id(json::string_or(input, "Id"));
  const ChangeInfo* change = backend.changes.find(id);
  if (change == nullptr) throw errors::no_such_change(id);
  return json::object{{"ChangeInfo", to_document(*change, ChangeStatus::kInSync)}};
}

/// Bytes of an address among the parameters; none without it.
std::vector<std::uint8_t> address_of(const json::object& input, std::string_view member) {
  const auto text = json::find_string(input, member);
  if (!text) return {};
  auto bytes = parse_ipv4(*text);
  if (!bytes) bytes = parse_ipv6(*text);
  if (!bytes) {
    throw errors::invalid_input(fmt::format("The value {} of {} is no IP address", *text, member));
  }
  return {bytes->begin(), bytes->end()};
}

/// API reference, TestDNSAnswer: 24 bits of an IPv4 address and 64 of an IPv6 address unless said.
std::optional<net::dns::ClientSubnet> subnet_of(const json::object& input) {
  const std::vector<std::uint8_t> address = address_of(input, "EDNS0ClientSubnetIP");
  const auto mask = json::find_string(input, "EDNS0ClientSubnetMask");
  if (address.empty()) {
    if (!mask) return std::nullopt;
    throw errors::invalid_input("EDNS0ClientSubnetMask is specified without EDNS0ClientSubnetIP.");
  }
  const auto bits = mask ? core::parse_uint(*mask) : (address.size() == 4 ? 24u : 64u);
  if (!bits || *bits > address.size() * 8) {
    throw errors::invalid_input(
        fmt::format("The value {} of EDNS0ClientSubnetMask is not between 0 and {}", *mask,
                    address.size() * 8));
  }
  return net::dns::ClientSubnet::of(address, static_cast<unsigned>(*bits));
}

Reply test_answer(Backend& backend, const json::object& input) {
  const HostedZone& zone = backend.zone(json::string_or(input, "HostedZoneId"));
  const std::string type = json::string_or(input, "RecordType");
  const auto known = type_from_text(type);
  if (!known) throw errors::unknown_record_type(type);
  const auto name = parse_name(json::string_or(input, "RecordName"));
  if (!name) throw errors::invalid_input(name.error().message);
  if (!lies_within(name.value(), zone.name)) {
    throw errors::invalid_input(fmt::format("The record name {} does not lie within the zone {}",
                                            name.value().text, zone.name.text));
  }
  const auto resolver = address_of(input, "ResolverIP");
  const auto subnet = subnet_of(input);
  const std::string query = net::dns::encode_query(
      0, name.value().wire, *known, net::dns::Edns::kYes, subnet ? &*subnet : nullptr);
  std::vector<std::byte> out(65535);
  const std::size_t size =
      backend.answerer.answer(std::as_bytes(std::span(query)), out,
                              {.transport = Answerer::Transport::kTcp, .address = resolver});
  const auto answer = net::dns::parse_answer(std::span(out).first(size));
  CHECK(answer.ok());
  json::array data;
  for (const net::dns::Record& record : answer.value().answers) {
    data.emplace_back(rdata_text(record.type, record.rdata));
  }
  json::object reply;
  reply["Nameserver"] = zone.name_servers.front();
  reply["RecordName"] = name.value().text;
  reply["RecordType"] = type;
  reply["RecordData"] = std::move(data);
  reply["ResponseCode"] = net::dns::rcode_text(answer.value().rcode);
  reply["Protocol"] = "UDP";
  return reply;
}

}  // namespace

std::vector<service::Operation> record_operations(Backend& backend) {
  return {
      row(backend, "ChangeResourceRecordSets", change, {"HostedZoneId", "ChangeBatch"}),
      row(backend, "ListResourceRecordSets", list,
          {"HostedZoneId", "StartRecordName", "StartRecordType", "StartRecordIdentifier",
           "MaxItems"}),
      row(backend, "GetChange", get_change, {"Id"}),
      row(backend, "TestDNSAnswer", test_answer,
          {"HostedZoneId", "RecordName", "RecordType", "ResolverIP", "EDNS0ClientSubnetIP",
           "EDNS0ClientSubnetMask"}),
  };
}

}  // namespace tandem::route53
