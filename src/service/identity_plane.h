// A region's copy of IAM's and STS's data plane, as global has told it (service/identity_feed.h):
// kept in the region's store, so that it outlives global and the region's own process.
//
// Keys of users and of sessions are in the process's key ring. Everything else is read from the
// store when it is asked for. docs/formats/identities.md is its form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "service/key_ring.h"
#include "store/store.h"

namespace tandem::service {

/// Loop thread only. Nothing in the ring moves before the store has it.
class IdentityPlane {
 public:
  /// What is stored is put into the ring. Borrows both; the ring has its mint already. A record
  /// that is damaged is as good as none, and then everything is asked for anew.
  IdentityPlane(store::Store& store, KeyRing& ring);

  /// What to ask global for.
  json::object wanted() const;
  /// False when the answer is damaged, or none to what was wanted: nothing of it is taken, and
  /// everything is wanted anew. Throws StoreError, and nothing has moved then.
  bool take(const json::object& answer);

  /// Everything was heard once: a key of IAM's that is not in the ring is dead, or younger than
  /// what was heard last.
  bool complete() const { return !position_.feed.empty(); }
  /// {"Feed", "Version"}; empty until everything was heard.
  json::object position() const;

  /// "roles", "r": the members of the API's Role; see docs/formats/identities.md. Names of users
  /// and roles in lower case. Throws StoreError.
  std::optional<json::object> find(std::string_view kind, std::string_view id) const;

 private:
  struct Position {
    std::string feed;
    std::int64_t version = 0;
  };
  struct Record {
    std::string name;                      ///< "keys/AKIA…"
    std::optional<json::object> document;  ///< nothing: it is gone
  };
  struct Answer {
    Position position;
    std::optional<std::string> from;  ///< of a page of everything
    std::optional<std::string> next;
    std::int64_t since = 0;  ///< of changes
    std::vector<Record> records;
  };
  static std::optional<Answer> read(const json::object& answer);
  static bool read_records(const json::array& list, Answer& into);
  bool take_changes(const Answer& answer);
  bool take_page(const Answer& answer);
  std::vector<std::string> names_within(const std::string& begin, const std::string& end) const;
  void load();
  /// Into the ring, or out of it.
  void show(const std::string& name, const std::optional<json::object>& document);

  store::Store& store_;
  KeyRing& ring_;
  Position position_;  ///< of what the store has
  /// While everything is heard, page by page.
  struct Pages {
    Position position;
    std::string next;
  };
  std::optional<Pages> pages_;
  bool anew_ = false;  ///< an answer was refused
};

}  // namespace tandem::service
