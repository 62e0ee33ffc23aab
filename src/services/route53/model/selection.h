// Which members of a record group answer a query: Route 53's choice by policy and health, as a pure
// function of the group, the health of the moment, where the query comes from, and a draw.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aws/places.h"
#include "core/random.h"
#include "net/dns_message.h"
#include "services/route53/model/record_set.h"

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

/// Where a query comes from. Looked up when a choice asks for the first time: weighted answers do
/// not depend on it, and neither does what they cost.
class Origin {
 public:
  /// Borrows the places and the address, of which bits are known.
  Origin(const aws::Places& places, std::span<const std::uint8_t> address, unsigned bits)
      : places_(places), address_(address), bits_(bits) {}

  bool asked() const { return found_.has_value(); }
  /// RFC 7871: bits of the address that the answer depends on.
  std::uint8_t scope() const { return found_ ? found_->scope : 0; }

  /// Null where nothing is known.
  const aws::Place* place() {
    if (!found_) found_ = places_.find(address_, bits_);
    return found_->place;
  }
  float latency_ms(std::uint16_t region) {
    const aws::Place* known = place();
    return (known == nullptr ? places_.fallback() : *known).latencies_ms[region];
  }

 private:
  const aws::Places& places_;
  std::span<const std::uint8_t> address_;
  unsigned bits_;
  std::optional<aws::Places::Found> found_;
};

struct RecordGroup;

/// One record set, ready to answer.
struct Member {
  std::uint32_t weight = 0;
  std::uint16_t region = 0;  ///< its number among the places' regions
  Failover failover = Failover::kPrimary;
  aws::GeoKey location = 0;   ///< kEverywhere: the default
  aws::GeoKey country = 0;    ///< around location
  aws::GeoKey continent = 0;  ///< around location
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

/// The location of geolocation's default record.
inline constexpr aws::GeoKey kEverywhere = 1;

/// The record sets of one name and type.
struct RecordGroup {
  net::dns::Type type = net::dns::Type::kA;
  Policy policy = Policy::kSimple;
  std::vector<Member> members;
};

/// Aliases that lead to aliases end here, loops among them too: the answer has no data then.
inline constexpr unsigned kMaxAliasDepth = 16;
/// Members looked at for one answer, so that wide and deep alias trees cannot hold up the server;
/// what lies beyond counts as unhealthy.
inline constexpr unsigned kMaxEvaluations = 16'384;
/// Developer Guide, "Multivalue answer routing": "up to eight healthy records".
inline constexpr std::size_t kMaxAnswers = 8;

/// (no check, or its check is healthy) and (not an alias, or EvaluateTargetHealth is false, or its
/// target is healthy).
bool eligible(const Member& member, const HealthBoard& health);
/// What an alias above sees: some member is eligible.
bool healthy(const RecordGroup& group, const HealthBoard& health);

/// Where a member stands in its group right now.
enum class Standing {
  kAnswers,        ///< drawn, or chosen for those it is for
  kFailOpen,       ///< no member that would do is eligible, so all count as healthy
  kCheckFails,     ///< its health check does
  kTargetFails,    ///< it is an alias that evaluates its target, which is unhealthy
  kWeightIsZero,   ///< eligible, but others have a positive weight
  kFirstAnswers,   ///< of a simple group only the first does
  kPrimaryAnswers  ///< it is the secondary, and the primary answers
};
inline bool answers(Standing standing) {
  return standing == Standing::kAnswers || standing == Standing::kFailOpen;
}
/// One entry a member, by the same judgement that select() draws by. An alias that answers leads on
/// to its target's group, which has standings of its own.
std::vector<Standing> standings(const RecordGroup& group, const HealthBoard& health);

/// The members whose data answers, aliases within the zone followed; none when there is no data.
/// More than one of multivalue answers only.
struct Choice {
  std::array<const Member*, kMaxAnswers> members;
  std::size_t count = 0;

  void only(const Member* member) {
    count = member == nullptr ? 0 : 1;
    members[0] = member;
  }
};
Choice select(const RecordGroup& group, const HealthBoard& health, Origin& origin,
              core::Random& random);

}  // namespace tandem::route53
