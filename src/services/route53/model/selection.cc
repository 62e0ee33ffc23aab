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

  /// kAnswers, kCheckFails or kTargetFails.
  Standing judge(const Member& member, unsigned depth = 0) {
    if (left_ == 0) return Standing::kTargetFails;
    --left_;
    if (!health_.healthy(member.check)) return Standing::kCheckFails;
    if (!member.alias || !member.evaluate_target_health) return Standing::kAnswers;
    const bool good = member.target_slot != HealthBoard::kNone
                          ? health_.healthy(member.target_slot)
                          : member.target != nullptr && healthy(*member.target, depth + 1);
    return good ? Standing::kAnswers : Standing::kTargetFails;
  }

  bool eligible(const Member& member, unsigned depth = 0) {
    return judge(member, depth) == Standing::kAnswers;
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

/// How a group's members stand, and the sum of the weights of those that answer.
struct Judgement {
  std::array<Standing, kMaxMembers> members;
  std::size_t count = 0;
  std::uint64_t answering = 0;
  std::uint64_t weights = 0;
};

/// Weight 0 takes part only when no member with a positive weight is eligible; when no member is
/// eligible at all the group fails open and every member counts as healthy.
void judge(const RecordGroup& group, Evaluation& evaluation, Judgement& found) {
  found.count = std::min(group.members.size(), kMaxMembers);
  if (group.policy == RecordGroup::Policy::kSimple) {
    for (std::size_t i = 0; i < found.count; ++i) {
      found.members[i] = i == 0 ? Standing::kAnswers : Standing::kFirstAnswers;
    }
    return;
  }
  for (std::size_t i = 0; i < found.count; ++i) {
    found.members[i] = evaluation.judge(group.members[i]);
    if (found.members[i] != Standing::kAnswers) continue;
    ++found.answering;
    found.weights += group.members[i].weight;
  }
  if (found.answering == 0) {
    found.answering = found.count;
    for (std::size_t i = 0; i < found.count; ++i) {
      found.members[i] = Standing::kFailOpen;
      found.weights += group.members[i].weight;
    }
  }
  for (std::size_t i = 0; found.weights > 0 && i < found.count; ++i) {
    const bool idle = answers(found.members[i]) && group.members[i].weight == 0;
    if (idle) found.members[i] = Standing::kWeightIsZero;
  }
}

/// Draws among the members that answer: by weight, or evenly when all their weights are 0.
const Member* choose(const RecordGroup& group, Evaluation& evaluation, core::Random& random) {
  if (group.members.empty()) return nullptr;
  if (group.policy == RecordGroup::Policy::kSimple) return &group.members.front();
  Judgement found;
  judge(group, evaluation, found);
  std::uint64_t left = random.below(found.weights > 0 ? found.weights : found.answering);
  for (std::size_t i = 0; i < found.count; ++i) {
    if (!answers(found.members[i])) continue;
    const std::uint64_t share = found.weights > 0 ? group.members[i].weight : 1;
    if (left < share) return &group.members[i];
    left -= share;
  }
  return nullptr;
}

}  // namespace

std::vector<Standing> standings(const RecordGroup& group, const HealthBoard& health) {
  Evaluation evaluation(health);
  Judgement found;
  judge(group, evaluation, found);
  return {found.members.begin(), found.members.begin() + static_cast<std::ptrdiff_t>(found.count)};
}

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
