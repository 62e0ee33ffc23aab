// An operation's content on its way, where it may be too large to hold: beside a call and an answer
// of aws::Api, in the process (Dispatcher::stream) and to another one (RemoteApi::stream).
#pragma once

#include <memory>
#include <string>

#include "aws/api.h"
#include "net/body.h"

namespace tandem::service {

/// Instead of ApiCall::payload.
struct Content {
  std::shared_ptr<net::BodySource> source;  ///< null: there is none
  std::string sha256;                       ///< of all of it, hex; needed over HTTP only
};

struct Streamed {
  aws::ApiResult result;
  std::shared_ptr<net::BodySource> source;  ///< instead of result.payload; null when small
};

}  // namespace tandem::service
