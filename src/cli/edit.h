// What an edit of tandem.yaml comes to: the plan, and what a person has to agree to before it may
// be executed. `plan` shows it, `up` goes by it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/world.h"
#include "topology/losses.h"
#include "topology/plan.h"
#include "topology/repair.h"

namespace tandem::cli {

/// Nothing when there is none, or when it is damaged: prepare() writes it anew.
std::optional<topology::LocalWorld> world_before(const Common& common);

/// The file as it applies to what is here. Throws Refused when it cannot; nothing was touched then,
/// and nothing else is by this.
topology::Topology settle(const topology::Topology& file, const topology::LocalWorld& world,
                          const std::optional<topology::LocalWorld>& before);

/// Regions of the topology that do not run yet: they cannot be asked, and a topology that is
/// refused begins none of them.
std::set<std::string> new_regions(const topology::Topology& topology,
                                  const std::optional<topology::LocalWorld>& before);
topology::Topology without(topology::Topology topology, const std::set<std::string>& regions);

struct Edit {
  topology::Plan plan;
  topology::Damage damage;  ///< what a lost disk has left to mend
  std::vector<topology::Loss> losses;
  std::vector<std::string> obstacles;  ///< to the losses, once they are agreed to
  std::string domain_before;           ///< "" when it stays, or is the first
};
enum class Losses { kRefused, kAgreed };

/// Asks what is deployed what becomes of it. Changes nothing. Throws Refused when it is somebody
/// else's, or its home another.
Edit find_edit(const topology::Topology& topology, const topology::LocalWorld& world,
               Client& client, const std::set<std::string>& unseen, Losses losses);
/// Of an account (or a machine) with nothing in it: everything is made. Nobody is asked.
topology::Plan first_plan(const topology::Topology& topology);
/// The plan alone, after something was changed.
topology::Plan find_plan(const topology::Topology& topology, const topology::LocalWorld& world,
                         Client& client, const std::set<std::string>& unseen,
                         const std::vector<topology::Loss>& agreed);

/// Why `up` would not execute it, and what to do; nothing when it would.
std::optional<Failure> refusal_of(const Edit& edit, const topology::Topology& topology,
                                  const topology::LocalWorld& world, Losses losses);
/// functions.runtimes and functions.modules must be there: a function would only miss them once it
/// is made or called.
std::optional<Failure> refusal_of_interpreters(const topology::Topology& topology);
/// Of a world without an application, whose regions hold what no stack of ours tells of.
std::optional<Failure> refusal_of_leaving(const topology::Topology& topology,
                                          const topology::LocalWorld& world, Losses losses);
/// Tables that have gone their own ways cannot be one again: one of them has to be chosen.
void check_no_strangers(const topology::Topology& topology, const topology::Damage& damage);

topology::Repair make_repair(const topology::LocalWorld& world, Client& client,
                             topology::Deployer& deployer, const topology::Topology& topology);

json::array to_json(const std::vector<topology::Loss>& losses);

}  // namespace tandem::cli
