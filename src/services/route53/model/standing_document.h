// What the answerer would do with each record right now, as a document for people and tests.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "core/json.h"
#include "services/route53/model/answerer.h"
#include "services/route53/model/selection.h"

namespace tandem::route53 {

/// Groups listed at most: the document is made on the loop, which has others to answer.
inline constexpr std::size_t kMaxGroupsShown = 1'000;

struct RecordStandings {
  /// {"Name", "Type", "Members": [{"SetIdentifier", "Weight", "HealthCheckId", "InDns", "Why"}]};
  /// SOA and NS are left out.
  json::array document;
  bool truncated = false;
  /// By health check: whether some record that names it answers. Without those no record names.
  std::map<std::string, bool, std::less<>> in_dns;
};
RecordStandings record_standings(const Answerer& answerer, const HealthBoard& health);

}  // namespace tandem::route53
