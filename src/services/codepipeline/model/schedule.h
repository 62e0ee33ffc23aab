// Which execution of a pipeline enters which stage next, and which one gives way (user guide, "Set
// or change the pipeline execution mode", "How executions are processed"). Pure.
//
// INVARIANT(one-in-a-stage): a stage is entered only while no execution is in it.
// INVARIANT(order): of SUPERSEDED executions that wait before one stage the newest goes on and the
// others are superseded; of QUEUED ones the oldest goes on and the others wait.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "services/codepipeline/model/structure.h"

namespace tandem::codepipeline {

/// An execution that has not ended: in a stage, or waiting before it.
struct Standing {
  std::uint64_t number = 0;  ///< grows with each execution of the pipeline
  std::string stage;
  bool inside = false;
  bool stopping = false;
  Mode mode = Mode::kSuperseded;
};

struct Step {
  enum class Kind { kEnter, kSupersede, kStop } kind;
  std::uint64_t number;
  bool operator==(const Step&) const = default;
};

/// held: stages whose inbound transition is disabled. Nothing: all wait for something to happen.
std::vector<Step> next_steps(const std::vector<Standing>& standing,
                             const std::set<std::string>& held);

}  // namespace tandem::codepipeline
