// ChangeResourceRecordSets as a pure function: what a batch makes of a zone's records, or why it is
// refused. All or nothing, and in order: each change meets what those before it left.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aws/places.h"
#include "services/route53/model/record_set.h"

namespace tandem::route53 {

inline constexpr std::size_t kMaxRecordsPerZone = 10'000;
inline constexpr std::size_t kMaxValuesPerRecord = 400;
/// Of one name and type with one routing policy.
inline constexpr std::size_t kMaxRecordsPerGroup = 100;
inline constexpr std::size_t kMaxBatchValues = 1'000;
inline constexpr std::size_t kMaxBatchCharacters = 32'000;

enum class Action { kCreate, kDelete, kUpsert };

struct Change {
  Action action = Action::kCreate;
  RecordSet record;
};

/// Reads ChangeBatch.Changes. Throws InvalidInput for what is structurally wrong,
/// InvalidChangeBatch for names and values, and refuses members that are not implemented.
std::vector<Change> parse_changes(const json::object& change_batch, const aws::Places& places);

/// As Route 53 names one in its complaints: "[continent = (NA, North America)]".
std::string location_text(const GeoLocation& geo, const aws::Places& places);

struct ZoneContents {
  std::string id;
  DomainName name;
  const Records& records;
};

/// What a batch needs to know of the world outside the zone.
struct BatchWorld {
  /// There is an alias target of that name behind an AWS hosted zone id.
  std::function<bool(const AliasTarget& target)> aws_target_exists;
  const aws::Places& places;
};

struct Outcome {
  std::vector<RecordKey> erased;
  std::vector<RecordSet> written;
};
/// Throws InvalidChangeBatch listing every problem found.
Outcome apply_changes(const ZoneContents& zone, const std::vector<Change>& changes,
                      const BatchWorld& world);

}  // namespace tandem::route53
