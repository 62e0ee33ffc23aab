#include "services/route53/model/hosted_zone.h"

#include <array>
#include <fmt/format.h>

namespace tandem::route53 {

using net::dns::Type;

std::vector<std::string> draw_name_servers(core::Random& random) {
  constexpr std::array<std::string_view, 4> kTops{"com", "net", "org", "co.uk"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kTops.size(); ++i) {
    const std::uint64_t within = random.below(512);
    names.push_back(fmt::format("ns-{}.awsdns-{:02}.{}", i * 512 + within, within / 8, kTops[i]));
  }
  return names;
}

Records default_records(const DomainName& name, const std::vector<std::string>& name_servers) {
  RecordSet servers;
  servers.name = name;
  servers.type = Type::kNs;
  servers.ttl = 172'800;
  for (const std::string& server : name_servers) servers.values.push_back(server + '.');
  RecordSet soa;
  soa.name = name;
  soa.type = Type::kSoa;
  soa.ttl = 900;
  soa.values = {fmt::format("{}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
                            name_servers.front())};
  return {{key_of(servers), servers}, {key_of(soa), soa}};
}

bool only_default_records(const HostedZone& zone) {
  for (const auto& [key, record] : zone.records) {
    const bool apex = record.name == zone.name;
    if (!apex || (record.type != Type::kNs && record.type != Type::kSoa)) return false;
  }
  return true;
}

json::object to_document(const HostedZone& zone) {
  json::object config;
  if (zone.comment) config["Comment"] = *zone.comment;
  config["PrivateZone"] = false;
  json::object document;
  document["Id"] = "/hostedzone/" + zone.id;
  document["Name"] = zone.name.text;
  document["CallerReference"] = zone.caller_reference;
  document["Config"] = std::move(config);
  document["ResourceRecordSetCount"] = zone.records.size();
  return document;
}

json::object delegation_set_document(const HostedZone& zone) {
  json::array servers;
  for (const std::string& server : zone.name_servers) servers.emplace_back(server);
  return json::object{{"NameServers", std::move(servers)}};
}

std::string bare_id(std::string_view id) {
  const std::size_t slash = id.rfind('/');
  return std::string(slash == std::string_view::npos ? id : id.substr(slash + 1));
}

}  // namespace tandem::route53
