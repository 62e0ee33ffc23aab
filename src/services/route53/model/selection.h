// Which member of a record group answers a query: Route 53's choice by weight and health, as a pure
// function of the group, the health of the moment and a draw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"
#include "net/dns_message.h"

namespace tandem::route53 {

/// Whether each health check, and each region's gateway, counts as healthy right now. Compiled
/// records refer to its slots by number.
class HealthBoard {
 public:
  using Slot = std::int32_t;
  static constexpr Slot kNone = -1;  ///< no check: always healthy

  bool healthy(Slot slot) const { return slot == kNone || slots_[static_cast<std::size_t>(slot)]; }
  void set(Slot slot, bool healthy) { slots_[static_cast<std::size_t>(slot)] = healthy; }
  Slot add(bool healthy) {
    slots_.push_back(healthy);
    return static_cast<Slot>(slots_.size() - 1);
  }

 private:
  std::vector<bool> slots_;
};

struct RecordGroup;

/// One record set, ready to answer.
struct Member {
  std::uint32_t weight = 0;
  std::uint32_t ttl = 0;
  HealthBoard::Slot check = HealthBoard::kNone;
  std::vector<std::string> rdata;  ///< wire form; an alias to an AWS resource has its address here
  bool alias = false;
  bool evaluate_target_health = false;
  const RecordGroup* target = nullptr;  ///< an alias within the zone; null when its target is gone
  HealthBoard::Slot target_slot = HealthBoard::kNone;  ///< an alias to an AWS resource
  std::string set_identifier;
  std::string health_check_id;
};

/// The record sets of one name and type.
struct RecordGroup {
  net::dns::Type type = net::dns::Type::kA;
  enum class Policy { kSimple, kWeighted } policy = Policy::kSimple;
  std::vector<Member> members;
};

/// Aliases that lead to aliases end here, loops among them too: the answer has no data then.
inline constexpr unsigned kMaxAliasDepth = 16;
/// Members looked at for one answer, so that wide and deep alias trees cannot hold up the server;
/// what lies beyond counts as unhealthy.
inline constexpr unsigned kMaxEvaluations = 16'384;

/// (no check, or its check is healthy) and (not an alias, or EvaluateTargetHealth is false, or its
/// target is healthy).
bool eligible(const Member& member, const HealthBoard& health);
/// What an alias above sees: some member is eligible.
bool healthy(const RecordGroup& group, const HealthBoard& health);

/// Where a member stands in its group right now.
enum class Standing {
  kAnswers,       ///< drawn by its weight
  kFailOpen,      ///< no member is eligible, so all count as healthy; drawn by its weight
  kCheckFails,    ///< its health check does
  kTargetFails,   ///< it is an alias that evaluates its target, which is unhealthy
  kWeightIsZero,  ///< eligible, but others have a positive weight
  kFirstAnswers,  ///< of a simple group only the first does
};
inline bool answers(Standing standing) {
  return standing == Standing::kAnswers || standing == Standing::kFailOpen;
}
/// One entry a member, by the same judgement that select() draws by. An alias that answers leads on
/// to its target's group, which has standings of its own.
std::vector<Standing> standings(const RecordGroup& group, const HealthBoard& health);

/// The member whose data answers, aliases within the zone followed; null when there is none.
const Member* select(const RecordGroup& group, const HealthBoard& health, core::Random& random);

}  // namespace tandem::route53
