// Keeps a region's copy of the identities up to date: asks global for what is new, again and again.
// The answer waits in global until there is something, so nothing is asked for in vain and a change
// arrives within a round trip. A global that is dead is asked again soon; one that is frozen holds
// up nobody but this.
#pragma once

#include <string>
#include <vector>

#include "core/clock.h"
#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"
#include "service/endpoints.h"
#include "service/identity_plane.h"

namespace tandem::service {

class IdentityLink {
 public:
  /// Borrows client, clock and plane. keeper is where global's POST /_tandem/identities is; root
  /// signs.
  IdentityLink(asio::any_io_executor executor, net::HttpClient& client, net::HttpTarget keeper,
               core::Clock& clock, Credentials root, IdentityPlane& plane);

  void start();
  Task<void> stop();

  /// Of the steady clock, when global said something last; 0: not in this life.
  std::int64_t heard_ns() const { return heard_ns_; }
  /// GET /_tandem/identities of a region. Borrows this.
  TandemEndpoints::Row row() const;

 private:
  static Task<void> follow(IdentityLink* self);
  Task<bool> hear();
  bool take(const net::HttpResponse& response);
  json::object show() const;

  net::HttpClient& client_;
  net::HttpTarget keeper_;
  core::Clock& clock_;
  Credentials root_;
  IdentityPlane& plane_;
  core::TaskGroup tasks_;
  std::int64_t heard_ns_ = 0;
  std::int64_t heard_s_ = 0;  ///< of the wall clock
  bool connected_ = false;    ///< the last question was answered
};

}  // namespace tandem::service
