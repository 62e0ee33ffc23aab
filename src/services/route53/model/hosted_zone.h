// A public hosted zone and what a new one starts with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/random.h"
#include "services/route53/model/record_set.h"

namespace tandem::route53 {

inline constexpr std::size_t kMaxHostedZones = 500;

struct HostedZone {
  std::string id;  ///< "Z0123456789ABCDEFGHIJ"
  DomainName name;
  std::string caller_reference;
  std::optional<std::string> comment;
  std::vector<std::string> name_servers;  ///< without last dot
  std::uint64_t sequence = 0;             ///< order of creation
  Records records;
};

/// One name in each of .com, .net, .org and .co.uk, as Route 53 spreads them.
std::vector<std::string> draw_name_servers(core::Random& random);
/// The SOA (900 s) and NS (172,800 s) sets of a new zone.
Records default_records(const DomainName& name, const std::vector<std::string>& name_servers);
/// Nothing but the apex's SOA and NS sets is left.
bool only_default_records(const HostedZone& zone);

/// The HostedZone and DelegationSet structures of the API.
json::object to_document(const HostedZone& zone);
json::object delegation_set_document(const HostedZone& zone);

/// "/hostedzone/Z1" and "Z1" are the same (the former is what the API gives back).
std::string bare_id(std::string_view id);

}  // namespace tandem::route53
