// IAM's and STS's data plane as global tells it to the regions: users, access keys, sessions, roles
// and policies, without secrets, which follow from ids (service/key_mint.h).
//
// A region asks for what came after the position it is at, and the answer waits until there is
// something: what changes is with every region within a round trip, and nobody has to know which
// regions there are. Positions are good within one life of global: whoever comes with another's, or
// is too far behind, is told everything, in pages. docs/formats/identities.md has the wire's form.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/random.h"
#include "core/task.h"
#include "service/endpoints.h"

namespace tandem::service {

/// One kind of records, as its service keeps them and as regions are told of them.
struct IdentityKind {
  using Record = std::pair<std::string, json::object>;  ///< id, document
  std::string name;                                     ///< "keys"
  std::function<std::optional<json::object>(std::string_view id)> find;
  /// In order of id: at most this many whose id is greater than after.
  std::function<std::vector<Record>(std::string_view after, std::size_t most)> list;
};

/// Loop thread only. What it tells is read from the services' stores at that moment, so it is never
/// ahead of them.
class IdentityFeed {
 public:
  /// For how long an answer waits for something to tell.
  static constexpr std::chrono::milliseconds kPatience{20'000};
  /// Records in an answer, and changes that are remembered.
  static constexpr std::size_t kPage = 200;
  static constexpr std::size_t kRemembered = 4'096;

  IdentityFeed(std::vector<IdentityKind> kinds, core::Random& random);

  /// After the store has it.
  void changed(std::string_view kind, std::string_view id);
  /// Anything may have changed: every region is told everything.
  void restart();

  /// Nothing: there is nothing new for who asks. Throws StoreError.
  std::optional<json::object> news(const json::object& asked) const;
  /// Waits for news, and answers with none when there are none for long. Throws StoreError.
  Task<json::object> wait_for_news(json::object asked);
  /// Whoever waits is answered now, and nobody waits any more.
  void close();

  /// {"Feed", "Version"}: where a region is that knows everything.
  json::object position() const;
  /// GET and POST /_tandem/identities of global. Borrows the feed.
  std::vector<TandemEndpoints::Row> rows();

 private:
  json::object page(std::int64_t version, std::string after) const;
  json::object changes_since(std::int64_t version) const;
  json::object told(std::string_view name) const;
  void wake();

  std::vector<IdentityKind> kinds_;  ///< by name
  core::Random& random_;
  std::string id_;
  std::int64_t version_ = 0;
  std::deque<std::string> log_;  ///< what changed, the version of the last is version_
  std::list<core::Timer*> waiting_;
  bool closed_ = false;
};

}  // namespace tandem::service
