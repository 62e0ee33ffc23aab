#include "services/codepipeline/model/schedule.h"

#include <algorithm>
#include <map>

namespace tandem::codepipeline {
namespace {

struct Gate {
  bool occupied = false;
  std::vector<const Standing*> waiting;  ///< oldest first
};

void decide(const Gate& gate, bool held, std::vector<Step>& steps) {
  const Standing* newest_superseding = nullptr;
  for (const Standing* one : gate.waiting) {
    if (one->mode == Mode::kSuperseded) newest_superseding = one;
  }
  std::vector<const Standing*> left;
  for (const Standing* one : gate.waiting) {
    // A QUEUED execution began before the pipeline's mode was changed, or after: nobody overtakes
    // it.
    if (one->mode == Mode::kSuperseded && one != newest_superseding) {
      steps.push_back({Step::Kind::kSupersede, one->number});
    } else {
      left.push_back(one);
    }
  }
  if (!gate.occupied && !held && !left.empty()) {
    steps.push_back({Step::Kind::kEnter, left.front()->number});
  }
}

}  // namespace

std::vector<Step> next_steps(const std::vector<Standing>& standing,
                             const std::set<std::string>& held) {
  std::vector<Step> steps;
  std::map<std::string_view, Gate> gates;
  for (const Standing& one : standing) {
    if (one.inside) {
      gates[one.stage].occupied = true;
    } else if (one.stopping) {
      steps.push_back({Step::Kind::kStop, one.number});
    } else {
      gates[one.stage].waiting.push_back(&one);
    }
  }
  for (auto& [stage, gate] : gates) {
    std::sort(gate.waiting.begin(), gate.waiting.end(),
              [](const Standing* a, const Standing* b) { return a->number < b->number; });
    decide(gate, held.contains(std::string(stage)), steps);
  }
  return steps;
}

}  // namespace tandem::codepipeline
