// How each member of a group stands, by the rules that selection.cc chooses by.
#include "services/route53/model/evaluation.h"

namespace tandem::route53 {
namespace {

using Standings = std::vector<Standing>;

void all_fail_open(Standings& found) { std::ranges::fill(found, Standing::kFailOpen); }

void weigh(const RecordGroup& group, Standings& found) {
  std::uint64_t weights = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (answers(found[i])) weights += group.members[i].weight;
  }
  for (std::size_t i = 0; weights > 0 && i < found.size(); ++i) {
    const bool idle = answers(found[i]) && group.members[i].weight == 0;
    if (idle) found[i] = Standing::kWeightIsZero;
  }
}

/// The primary answers while it is eligible, and when nobody is.
void fail_over(const RecordGroup& group, Standings& found) {
  bool primary = false;
  bool secondary = false;
  const auto is_primary = [&](std::size_t i) {
    return group.members[i].failover == Failover::kPrimary;
  };
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == Standing::kAnswers) (is_primary(i) ? primary : secondary) = true;
  }
  bool has_primary = false;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!is_primary(i)) continue;
    has_primary = true;
    if (!primary && !secondary) found[i] = Standing::kFailOpen;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (is_primary(i)) continue;
    if (primary && found[i] == Standing::kAnswers) found[i] = Standing::kPrimaryAnswers;
    if (!has_primary && !secondary) found[i] = Standing::kFailOpen;
  }
}

/// True when the place that outer names has inner within it.
bool encloses(const RecordGroup& group, std::size_t outer, std::size_t inner) {
  const Member& wide = group.members[outer];
  const Member& narrow = group.members[inner];
  if (wide.location == kEverywhere) return narrow.location != kEverywhere;
  return wide.location == narrow.country || wide.location == narrow.continent;
}

/// An unhealthy member answers all the same where no larger geography around it has a healthy one.
void locate(const RecordGroup& group, Standings& found) {
  const Standings judged = found;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (judged[i] == Standing::kAnswers) continue;
    bool covered = false;
    for (std::size_t other = 0; other < found.size() && !covered; ++other) {
      covered = judged[other] == Standing::kAnswers && encloses(group, other, i);
    }
    if (!covered) found[i] = Standing::kFailOpen;
  }
}

}  // namespace

std::vector<Standing> standings(const RecordGroup& group, const HealthBoard& health) {
  Standings found(group.members.size(), Standing::kFirstAnswers);
  if (group.policy == Policy::kSimple) {
    if (!found.empty()) found[0] = Standing::kAnswers;
    return found;
  }
  Evaluation evaluation(health);
  for (std::size_t i = 0; i < found.size(); ++i) found[i] = evaluation.judge(group.members[i]);
  if (group.policy == Policy::kFailover) {
    fail_over(group, found);
    return found;
  }
  if (group.policy == Policy::kGeolocation) {
    locate(group, found);
    return found;
  }
  if (std::ranges::none_of(found, [](Standing one) { return one == Standing::kAnswers; })) {
    all_fail_open(found);
  }
  if (group.policy == Policy::kWeighted) weigh(group, found);
  return found;
}

}  // namespace tandem::route53
