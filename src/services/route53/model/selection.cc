#include "services/route53/model/selection.h"

#include <algorithm>
#include <array>

namespace tandem::route53 {
namespace {

/// More members than a group can have (100).
constexpr std::size_t kMaxMembers = 128;

/// Walks alias trees within the bounds of one answer.
class Evaluation {
 public:
  explicit Evaluation(const HealthBoard& health) : health_(health) {}

  bool eligible(const Member& member, unsigned depth = 0) {
    if (left_ == 0) return false;
    --left_;
    if (!health_.healthy(member.check)) return false;
    if (!member.alias || !member.evaluate_target_health) return true;
    if (member.target_slot != HealthBoard::kNone) return health_.healthy(member.target_slot);
    return member.target != nullptr && healthy(*member.target, depth + 1);
  }

  bool healthy(const RecordGroup& group, unsigned depth = 0) {
    if (depth > kMaxAliasDepth) return false;
    return std::ranges::any_of(group.members,
                               [&](const Member& member) { return eligible(member, depth); });
  }

 private:
  const HealthBoard& health_;
  unsigned left_ = kMaxEvaluations;
};

/// Draws among the marked members: by weight, or evenly when all their weights are 0.
const Member* draw(const RecordGroup& group, std::size_t count,
                   const std::array<bool, kMaxMembers>& marked, core::Random& random) {
  std::uint64_t sum = 0;
  std::uint64_t marks = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!marked[i]) continue;
    sum += group.members[i].weight;
    ++marks;
  }
  if (marks == 0) return nullptr;
  std::uint64_t left = random.below(sum > 0 ? sum : marks);
  for (std::size_t i = 0; i < count; ++i) {
    if (!marked[i]) continue;
    const std::uint64_t share = sum > 0 ? group.members[i].weight : 1;
    if (left < share) return &group.members[i];
    left -= share;
  }
  return nullptr;
}

/// Weight 0 takes part only when no member with a positive weight is eligible; when no member is
/// eligible at all the group fails open and every member counts as healthy.
const Member* choose(const RecordGroup& group, Evaluation& evaluation, core::Random& random) {
  if (group.members.empty()) return nullptr;
  if (group.policy == RecordGroup::Policy::kSimple) return &group.members.front();
  const std::size_t count = std::min(group.members.size(), kMaxMembers);
  std::array<bool, kMaxMembers> marked;
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    marked[i] = evaluation.eligible(group.members[i]);
    any |= marked[i];
  }
  if (!any) std::fill_n(marked.begin(), count, true);
  return draw(group, count, marked, random);
}

}  // namespace

bool eligible(const Member& member, const HealthBoard& health) {
  return Evaluation(health).eligible(member);
}

bool healthy(const RecordGroup& group, const HealthBoard& health) {
  return Evaluation(health).healthy(group);
}

const Member* select(const RecordGroup& group, const HealthBoard& health, core::Random& random) {
  Evaluation evaluation(health);
  const RecordGroup* at = &group;
  for (unsigned depth = 0; depth <= kMaxAliasDepth; ++depth) {
    const Member* member = choose(*at, evaluation, random);
    if (member == nullptr) return nullptr;
    const bool within_zone = member->alias && member->rdata.empty();
    if (!within_zone) return member;
    if (member->target == nullptr) return nullptr;
    at = member->target;
  }
  return nullptr;
}

}  // namespace tandem::route53
