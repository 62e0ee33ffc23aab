// The answers of custom resources: PUT to a presigned URL of a bucket that is CloudFormation's own,
// as on AWS. Requests and answers are stored, so that neither a restart of the region nor an answer
// that comes while it is down and is tried again loses the operation that waits.
//
// INVARIANT(asked-once): a request's id follows from the operation and from what is asked, and what
// is known of it is stored before it is sent: an operation that goes on after a restart waits for
// the same answer, and asks again only where it cannot know whether it has asked.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/task.h"
#include "core/timer.h"
#include "services/cloudformation/responses/bucket.h"

namespace tandem::cloudformation {

/// Loop thread only.
class ResponseBox {
 public:
  /// base: bucket.h.
  ResponseBox(const service::Environment& environment, const std::string& base);

  /// What the bucket's name begins with, before the region's.
  static constexpr std::string_view kBuckets = "cloudformation-custom-resource-response-";

  struct Request {
    std::string stack;   ///< uuid
    std::string object;  ///< "<stack id>|<logical id>|<request id>"
    std::string id;
    std::chrono::seconds timeout;  ///< of AWS's time
  };
  struct Opened {
    std::string url;
    bool sent = false;  ///< by what was stored
  };
  /// Stores the request, unless it is there. Throws StoreError.
  Opened open(const Request& request);
  /// It was sent. Throws StoreError.
  void mark_sent(const Request& request);
  /// The answer's text; nothing when none came in time. From when the request was opened.
  Task<std::optional<std::string>> wait(Request request);
  /// The operation has ended: nobody waits any more.
  void forget(const std::string& stack);
  /// Requests of other stacks than those that are wanted go.
  void keep_only(const std::function<bool(std::string_view stack)>& wanted);

  /// Of a wait that needs no URL: what is left of its time, from when it was first asked for.
  /// Throws StoreError.
  std::chrono::milliseconds left(const Request& request);

  /// "cloudformation-custom-resource-response-useast1".
  const std::string& bucket() const { return bucket_.name(); }
  bool serves(const net::HttpRequest& request) const { return bucket_.serves(request); }
  net::HttpResponse serve(const net::HttpRequest& request);

 private:
  std::int64_t until_ms(const Request& request) const;
  void take(const std::string& object, std::string_view body);

  const service::Environment& environment_;
  Bucket bucket_;
  store::Documents requests_;                    ///< "<stack uuid>/<request id>"
  std::map<std::string, core::Timer*> waiting_;  ///< by key of requests_
};

}  // namespace tandem::cloudformation
