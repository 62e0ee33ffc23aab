// The stacks of this region: in memory while they are of interest, in the store always.
//
// Keys: "stack/<uuid>", "definition/<uuid>", "previous/<uuid>", "plan/<uuid>",
// "resource/<uuid>/<logical id>",
// "before/<uuid>/<logical id>", "event/<uuid>/<number>", "change-set/<uuid>/<name>".
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/engine/records.h"
#include "store/documents.h"
#include "store/store.h"

namespace tandem::cloudformation {

class StackStore {
 public:
  using StackPtr = std::shared_ptr<StackRecord>;

  /// Borrows the store; reads what it holds.
  explicit StackStore(store::Store& store);

  /// By name (not deleted) or ARN (deleted too); null when there is none.
  StackPtr find(std::string_view name_or_id) const;
  const std::vector<StackPtr>& all() const { return stacks_; }  ///< oldest first
  /// How many are not deleted.
  std::size_t live() const;
  StackPtr add(StackRecord record);
  /// After a write that failed, while no operation runs on the stack: as the store has it. A stack
  /// whose first event was never written was never begun and is forgotten.
  void reload(const StackPtr& stack);

  /// Each writes the stack's own record as well, in one batch.
  void save(StackRecord& stack);
  void save_resource(StackRecord& stack, std::string_view logical_id);
  void save_definition(StackRecord& stack);
  /// The same with an event, and with what else must not be seen apart from it.
  struct Also {
    std::vector<std::string> resources;  ///< logical ids
    bool definition = false;
  };
  void save_event(StackRecord& stack, const json::object& event, const Also& also);

  /// Newest first, from the event numbered before (exclusive; absent: from the newest).
  std::vector<std::pair<std::uint64_t, json::object>> events(const StackRecord& stack,
                                                             std::optional<std::uint64_t> before,
                                                             std::size_t limit) const;

  store::Documents& change_sets() { return change_sets_; }
  /// Deleted stacks stay describable by ARN for 90 days, unless there are too many of them.
  void forget_old_deleted(std::int64_t now_ms);
  /// The store is empty: so is memory.
  void forget_everything() { stacks_.clear(); }

 private:
  void load();
  StackPtr read(const std::string& uuid, const json::object& document) const;
  void erase_all_of(const StackRecord& stack);
  void put_definition(store::WriteBatch& batch, const StackRecord& stack) const;
  void put_resource(store::WriteBatch& batch, const StackRecord& stack, std::string_view id) const;

  store::Store& store_;
  store::Documents records_;
  store::Documents definitions_;
  store::Documents previous_;
  store::Documents plans_;
  store::Documents resources_;
  store::Documents before_;
  store::Documents events_;
  store::Documents change_sets_;
  std::vector<StackPtr> stacks_;
};

using StackPtr = StackStore::StackPtr;

}  // namespace tandem::cloudformation
