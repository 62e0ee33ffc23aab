// What Application Auto Scaling keeps: in the store, and all of it in memory.
//
//   target/<resource>|<dimension>            JSON: a scalable target
//   action/<resource>|<dimension>|<name>     JSON: a scheduled action
//   activity/<newest first>|<id>             JSON: a scaling activity
//   policy/<resource>|<dimension>|<name>     JSON: a scaling policy
//   old_alarm/<name>                         JSON: an alarm that is to be deleted
//
// docs/formats/autoscaling.md has their members.
//
// INVARIANT(stored-first): memory is changed once the store has taken the change.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "store/documents.h"

namespace tandem::autoscaling {

enum class Kind { kTarget, kAction, kActivity, kPolicy, kOldAlarm };
inline constexpr std::size_t kKinds = 5;

/// What is written together, or not at all.
class Change {
 public:
  Change& put(Kind kind, std::string id, json::object document);
  Change& erase(Kind kind, std::string id);
  bool empty() const { return parts_.empty(); }

 private:
  friend class Records;
  struct Part {
    Kind kind;
    std::string id;
    json::object document;
    bool erased;
  };
  std::vector<Part> parts_;
};

class Records {
 public:
  using Map = std::map<std::string, json::object, std::less<>>;
  /// Reads what is stored. Borrows the store.
  explicit Records(store::Store& store);

  const Map& all(Kind kind) const { return maps_[static_cast<std::size_t>(kind)]; }
  /// Null when there is none. Valid until the next change.
  const json::object* find(Kind kind, std::string_view id) const;
  /// Those whose ids begin with prefix, in order.
  std::vector<std::string> ids(Kind kind, std::string_view prefix) const;
  /// Throws StoreError.
  void apply(Change change);
  /// The store was emptied.
  void clear();

 private:
  store::Store& store_;
  std::vector<store::Documents> documents_;
  std::array<Map, kKinds> maps_;
};

/// The id of a target, and what ids of what belongs to it begin with.
std::string target_id(std::string_view resource, std::string_view dimension);
std::string target_id(const json::object& of);
std::string owned_prefix(std::string_view target);
/// The id of an activity that began then: later ones order before it.
std::string activity_id(std::int64_t start_ms, std::string_view uuid);

}  // namespace tandem::autoscaling
