// Keys of IAM users and sessions in a region: global keeps them and is asked when one is used.
//
// What was learned holds for a second, as changes in IAM take a moment on AWS, too, and for as long
// as global cannot be asked. A key that was never asked about is refused then.
#pragma once

#include <deque>
#include <string>

#include "core/clock.h"
#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"
#include "service/key_ring.h"

namespace tandem::service {

class RemoteKeys {
 public:
  /// Borrows client, ring and clock. keeper is where global's GET /_tandem/keys/ is.
  RemoteKeys(net::HttpClient& client, net::HttpTarget keeper, KeyRing& ring, core::Clock& clock,
             Credentials root)
      : client_(client),
        keeper_(std::move(keeper)),
        ring_(ring),
        clock_(clock),
        root_(std::move(root)) {}

  /// Puts what is true of the key now into the ring, or takes it out. Throws ApiError (503) when
  /// nobody can say.
  Task<void> refresh(std::string access_key_id);

 private:
  void learn(const std::string& access_key_id, const std::string& body);

  net::HttpClient& client_;
  net::HttpTarget keeper_;
  KeyRing& ring_;
  core::Clock& clock_;
  Credentials root_;               ///< what the question is signed with; secret
  std::deque<std::string> known_;  ///< oldest first; bounded
};

}  // namespace tandem::service
