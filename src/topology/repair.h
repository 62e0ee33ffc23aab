// Mending a deployment that has lost a disk: a region's, or the global process's. What is there is
// compared with what should be there, process by process, and brought to the point from which an
// ordinary deployment goes on. In this order:
//
// 1. the table: a region that should hold it and does not is filled from one that does; stacks come
//    later, so nothing serves before the data are there;
// 2. the data stack, when the home region was lost: the table is taken in by an IMPORT change set;
// 3. leftovers of the stacks that are gone, known by the stack's id (made.h), are removed, since
//    the new stacks would collide with them; the hosted zone is taken in instead, because it may
//    hold records that were made by hand;
// 4. stacks whose resources in the global process are gone are deleted, to be made anew.
//
// Names, the key's value and the domain stay; ids may change. What is not restored is told.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "topology/deploy.h"
#include "topology/links.h"
#include "topology/made.h"
#include "topology/plan.h"

namespace tandem::topology {

/// Which regions of a deployment have lost what.
struct Damage {
  std::vector<std::string> holders;        ///< regions that hold the table
  std::vector<std::string> lost_replicas;  ///< regions that held it and do not
  std::vector<MadeStack> lost_stacks;      ///< gone with their region's disk
  std::set<std::string> lost_regions;      ///< all of whose stacks are
  bool data_stack_lost = false;
  /// Regions with a table of that name which is no copy of the first holder's: each goes its own
  /// way. By how many items it holds; not among the holders.
  std::map<std::string, std::uint64_t> strangers;
  std::string kept;  ///< the region whose table counts, when there are strangers

  /// No copy of the table is left anywhere.
  bool total() const { return holders.empty() && !lost_replicas.empty(); }
};

class Repair {
 public:
  using Note = std::function<void(std::string_view)>;
  /// The region's links, asked of the region itself.
  using Links = std::function<Task<std::map<std::string, LinkState>>(std::string region)>;

  /// Borrows api and deployer.
  Repair(aws::Api& api, Deployer& deployer, Topology topology, Made made, Links links, Note note);

  /// Changes nothing. Throws ApiError.
  Task<Damage> find_damage();
  /// Deletes the tables of strangers. Throws DeployError, naming what stands in the way; asked
  /// again it goes on.
  Task<void> mend(Damage damage);
  /// What mend() would do, one for each region and matter. Changes nothing. Throws ApiError.
  Task<std::vector<Step>> plan(Damage damage);
  /// Whether mend() copied tables anew.
  bool mended() const { return mended_; }
  /// Whether mend() did anything: a plan that was made before does not hold any more.
  bool changed() const { return changed_; }
  /// After mend(): what a person may miss, a sentence each.
  const std::vector<std::string>& not_restored() const { return not_restored_; }

 private:
  Task<void> mend_table(Damage damage);
  Task<void> find_strangers(Damage* damage);
  Task<void> delete_stranger(std::string region);
  Task<void> refill(std::string region, std::string source, std::vector<std::string> holders);
  Task<void> await_absence(std::string region, std::string source);
  Task<void> await_filled(std::string region, std::vector<std::string> holders);
  Task<void> import_stack(StackSpec spec, json::array resources);
  Task<void> import_table();
  Task<void> remove_leftovers(Damage damage);
  Task<std::set<std::string>> claimed();
  Task<void> remove_role(std::string role);
  Task<void> adopt_zone(MadeStack routing);
  Task<void> remove_records(std::string zone);
  struct Broken {
    std::string region;
    std::string stack;
    std::string why;
  };
  /// Stacks that live but have lost what they made in the global process.
  Task<std::vector<Broken>> find_broken();
  Task<void> remake_broken();
  Task<bool> is_broken(std::string region, std::string stack);
  Task<bool> exists(ResourceState resource);
  Task<bool> holds_data(std::string region, std::string stack);
  /// Route 53 and IAM are asked of any region.
  Task<json::object> global(std::string service, std::string operation, json::object input);
  Task<bool> try_global(std::string service, std::string operation, json::object input);

  Cloud cloud_;
  Deployer& deployer_;
  Topology topology_;
  Made made_;
  Links links_;
  Note note_;
  std::vector<std::string> not_restored_;
  bool mended_ = false;
  bool changed_ = false;
};

}  // namespace tandem::topology
