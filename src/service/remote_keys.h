// Keys of IAM users and sessions that a region has not heard of: one that was made a moment ago may
// be used before the region's copy of the identities (service/identity_plane.h) has it, so global
// is asked once, if it answers promptly.
//
// What was learned so holds for a second; by then the copy has it. Without an answer a key is dead
// that a complete copy does not have.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"
#include "service/identity_link.h"
#include "service/key_ring.h"

namespace tandem::service {

class RemoteKeys {
 public:
  /// Borrows all but keeper and root. keeper is where global's GET /_tandem/keys/ is; root signs.
  RemoteKeys(net::HttpClient& client, net::HttpTarget keeper, KeyRing& ring, core::Clock& clock,
             Credentials root, const IdentityPlane& plane, const IdentityLink& link)
      : client_(client),
        keeper_(std::move(keeper)),
        ring_(ring),
        clock_(clock),
        root_(std::move(root)),
        plane_(plane),
        link_(link) {}

  /// Puts what is true of the key now into the ring, or takes it out. Throws ApiError (503) when
  /// nobody can say.
  Task<void> refresh(std::string access_key_id);

 private:
  Task<std::optional<net::HttpResponse>> ask(std::string access_key_id);
  bool is_quiet() const;
  bool is_heard_of(const std::string& access_key_id) const;
  void learn(const std::string& access_key_id, const std::string& body);

  net::HttpClient& client_;
  net::HttpTarget keeper_;
  KeyRing& ring_;
  core::Clock& clock_;
  Credentials root_;  ///< secret
  const IdentityPlane& plane_;
  const IdentityLink& link_;
  std::optional<std::int64_t> unanswered_ns_;  ///< since when global has left questions open
  std::deque<std::string> learned_;            ///< oldest first; bounded
};

}  // namespace tandem::service
