// A resource record set and its place among the others of a zone.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "net/dns_message.h"
#include "services/route53/model/name.h"

namespace tandem::route53 {

struct AliasTarget {
  std::string hosted_zone_id;
  DomainName dns_name;
  bool evaluate_target_health = false;
  bool operator==(const AliasTarget&) const = default;
};

/// A continent; or a country, "*" for everywhere; or a country's subdivision.
struct GeoLocation {
  std::string continent;
  std::string country;
  std::string subdivision;
  bool operator==(const GeoLocation&) const = default;
};

enum class Failover : std::uint8_t { kPrimary, kSecondary };
enum class Policy : std::uint8_t {
  kSimple,
  kWeighted,
  kLatency,
  kFailover,
  kGeolocation,
  kMultivalue
};

struct RecordSet {
  DomainName name;
  net::dns::Type type = net::dns::Type::kA;
  std::string set_identifier;  ///< empty for simple records
  // One of these at most: its policy.
  std::optional<std::uint32_t> weight;
  std::string region;
  std::optional<Failover> failover;
  std::optional<GeoLocation> geo;
  bool multivalue = false;
  std::uint32_t ttl = 0;  ///< without meaning for an alias
  std::vector<std::string> values;
  std::optional<AliasTarget> alias;
  std::string health_check_id;

  bool simple() const { return set_identifier.empty(); }
  Policy policy() const;
};

/// The order of ListResourceRecordSets: labels from the right, then type, then identifier.
struct RecordKey {
  std::string name;  ///< reversed()
  std::string type;
  std::string set_identifier;
  auto operator<=>(const RecordKey&) const = default;
};
RecordKey key_of(const RecordSet& record);

using Records = std::map<RecordKey, RecordSet>;

/// The ResourceRecordSet structure of the API.
json::object to_document(const RecordSet& record);
/// The inverse, for what to_document made.
RecordSet record_from_document(const json::object& document);
/// The members that say how a record set is chosen, as the API has them; their values have passed
/// the API model.
void read_policy(const json::object& document, RecordSet& record);

/// What a DELETE must repeat: everything but the order of the values.
bool same_contents(const RecordSet& a, const RecordSet& b);

}  // namespace tandem::route53
