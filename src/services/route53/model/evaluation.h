// Health of members and of what their aliases lead to, within the bounds of one answer.
#pragma once

#include <algorithm>

#include "services/route53/model/selection.h"

namespace tandem::route53 {

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

}  // namespace tandem::route53
