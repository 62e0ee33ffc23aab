// What an application of the topology does, as a value: made by looking at what is there
// (planner.h), shown by `tandem plan`, executed by Deployer. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/json.h"
#include "topology/stacks.h"
#include "topology/topology.h"
#include "topology/zone.h"

namespace tandem::topology {

/// What becomes of one resource of a stack.
struct ResourceChange {
  enum class Action { kAdd, kModify, kReplace, kMayReplace, kRemove };
  Action action = Action::kAdd;
  std::string logical_id;
  std::string type;
  std::string physical_id;  ///< empty: there is none yet
  std::string condition;    ///< of a new stack: made if the template's condition holds

  /// True when what is there now goes, or may go.
  bool deletes() const { return action != Action::kAdd && action != Action::kModify; }
};

/// Where a parameter's value comes from that only the deployment says.
struct OutputOf {
  std::string region;
  std::string stack;
  std::string output;
};

struct Step {
  /// In the order in which they are executed. Steps of one phase run side by side.
  enum class Phase {
    kMend,     ///< what a lost disk needs (repair.h), before anything else
    kData,     ///< the data stack
    kZone,     ///< the routing stack with the zone alone
    kMove,     ///< the domain is led to what the app stack has, which a killed `up` left undone
    kCode,     ///< the code package, into the region's bucket
    kApp,      ///< the user's template
    kFront,    ///< domain, certificate, key
    kRouting,  ///< health checks and records
    kLeave,    ///< all that a region has which left the topology
    kDrop,     ///< its replica: the data stack again
  };
  enum class Kind { kNone, kCreate, kUpdate, kRecreate, kDelete, kUpload, kMend };
  Phase phase = Phase::kData;
  Kind kind = Kind::kNone;
  StackSpec spec;  ///< region; stack, template and parameters where the phase has them. Secret
  std::map<std::string, OutputOf> from;  ///< parameters that are outputs of earlier steps
  std::set<std::string> unknown;         ///< those of them that are known once it is applied
  std::vector<ResourceChange> changes;
  std::vector<std::string> reasons;  ///< what a person should know besides, a sentence each
  bool withdraws_records = false;    ///< the deployed records have to go before the new ones come

  /// "us-east-1: the code package", or the stack's name.
  std::string subject() const;
};

struct Plan {
  Topology topology;
  std::vector<std::string> leaving;  ///< regions that left the topology
  HostedZone zone;
  std::vector<Step> steps;
  std::vector<std::string> warnings;  ///< of what nobody would expect of it, a sentence each

  std::vector<Step> of(Step::Phase phase) const;
  /// Nothing when there is none.
  const Step* find(Step::Phase phase, std::string_view region) const;
  Step* find(Step::Phase phase, std::string_view region);
  bool changes() const;
};

/// For people: a paragraph a step, deletions marked, a line with counts in the end.
std::string text_of(const Plan& plan);
json::object to_json(const Plan& plan);

std::string_view name_of(Step::Kind kind);  ///< "create" …

}  // namespace tandem::topology
