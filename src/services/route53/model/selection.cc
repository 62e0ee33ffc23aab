#include "services/route53/model/selection.h"

#include "core/check.h"
#include "services/route53/model/evaluation.h"

namespace tandem::route53 {
namespace {

/// More members than a group can have (100).
constexpr std::size_t kMaxMembers = 128;

/// The members of a group that count as healthy: those that are, or all when none is.
struct Candidates {
  std::array<const Member*, kMaxMembers> members;
  std::size_t count = 0;
  std::uint64_t weights = 0;

  Candidates(const RecordGroup& group, Evaluation& evaluation) {
    const std::size_t size = std::min(group.members.size(), kMaxMembers);
    const auto take = [this](const Member& member) {
      members[count++] = &member;
      weights += member.weight;
    };
    for (std::size_t i = 0; i < size; ++i) {
      if (evaluation.eligible(group.members[i])) take(group.members[i]);
    }
    if (count > 0) return;
    for (std::size_t i = 0; i < size; ++i) take(group.members[i]);
  }
};

/// By weight, or evenly when all weights of the candidates are 0: a weight of 0 takes part only
/// when no member with a positive one is eligible.
const Member* draw(const RecordGroup& group, Evaluation& evaluation, core::Random& random) {
  const Candidates found(group, evaluation);
  std::uint64_t left = random.below(found.weights > 0 ? found.weights : found.count);
  for (std::size_t i = 0; i < found.count; ++i) {
    const std::uint64_t share = found.weights > 0 ? found.members[i]->weight : 1;
    if (left < share) return found.members[i];
    left -= share;
  }
  return nullptr;
}

/// The region with the least latency.
const Member* nearest(const RecordGroup& group, Evaluation& evaluation, Origin& origin) {
  const Candidates found(group, evaluation);
  const Member* best = found.members[0];
  float least = origin.latency_ms(best->region);
  for (std::size_t i = 1; i < found.count; ++i) {
    const float latency = origin.latency_ms(found.members[i]->region);
    if (latency >= least) continue;
    least = latency;
    best = found.members[i];
  }
  return best;
}

/// The primary unless it is unhealthy and the secondary is not.
const Member* fail_over(const RecordGroup& group, Evaluation& evaluation) {
  const Member* primary = nullptr;
  const Member* secondary = nullptr;
  for (const Member& member : group.members) {
    (member.failover == Failover::kPrimary ? primary : secondary) = &member;
  }
  if (primary == nullptr) return secondary;
  if (secondary == nullptr || evaluation.eligible(*primary)) return primary;
  return evaluation.eligible(*secondary) ? secondary : primary;
}

/// Developer Guide, "How Amazon Route 53 chooses records when health checking is configured": the
/// smallest geography, then those around it; when all that apply are unhealthy, the smallest one.
const Member* locate(const RecordGroup& group, Evaluation& evaluation, Origin& origin) {
  const aws::Place* place = origin.place();
  std::array<const Member*, 4> applying{};
  for (const Member& member : group.members) {
    if (member.location == kEverywhere) applying[3] = &member;
    if (place == nullptr) continue;
    if (member.location == place->subdivision) applying[0] = &member;
    if (member.location == place->country) applying[1] = &member;
    if (member.location == place->continent) applying[2] = &member;
  }
  const Member* smallest = nullptr;
  for (const Member* member : applying) {
    if (member == nullptr) continue;
    if (evaluation.eligible(*member)) return member;
    if (smallest == nullptr) smallest = member;
  }
  return smallest;
}

/// Up to eight, at random and in random order (Fisher and Yates).
Choice several(const RecordGroup& group, Evaluation& evaluation, core::Random& random) {
  Candidates found(group, evaluation);
  Choice choice;
  choice.count = std::min(found.count, kMaxAnswers);
  for (std::size_t i = 0; i < choice.count; ++i) {
    std::swap(found.members[i], found.members[i + random.below(found.count - i)]);
    choice.members[i] = found.members[i];
  }
  return choice;
}

Choice choose(const RecordGroup& group, Evaluation& evaluation, Origin& origin,
              core::Random& random) {
  Choice choice;
  if (group.members.empty()) return choice;
  switch (group.policy) {
    case Policy::kSimple:
      choice.only(&group.members.front());
      break;
    case Policy::kWeighted:
      choice.only(draw(group, evaluation, random));
      break;
    case Policy::kLatency:
      choice.only(nearest(group, evaluation, origin));
      break;
    case Policy::kFailover:
      choice.only(fail_over(group, evaluation));
      break;
    case Policy::kGeolocation:
      choice.only(locate(group, evaluation, origin));
      break;
    case Policy::kMultivalue:
      return several(group, evaluation, random);
  }
  return choice;
}

}  // namespace

bool eligible(const Member& member, const HealthBoard& health) {
  return Evaluation(health).eligible(member);
}

bool healthy(const RecordGroup& group, const HealthBoard& health) {
  return Evaluation(health).healthy(group);
}

Choice select(const RecordGroup& group, const HealthBoard& health, Origin& origin,
              core::Random& random) {
  Evaluation evaluation(health);
  const RecordGroup* at = &group;
  for (unsigned depth = 0; depth <= kMaxAliasDepth; ++depth) {
    Choice choice = choose(*at, evaluation, origin, random);
    if (choice.count == 0) break;
    // Members of multivalue answers are no aliases, so an alias is the only one.
    const Member& member = *choice.members[0];
    if (!member.alias || !member.rdata.empty()) return choice;
    if (member.target == nullptr) break;
    at = member.target;
  }
  return {};
}

}  // namespace tandem::route53
