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

#include "aws/sigv4.h"
#include "core/task.h"
#include "core/timer.h"
#include "net/http.h"
#include "service/environment.h"
#include "store/documents.h"

namespace tandem::cloudformation {

/// Loop thread only.
class ResponseBox {
 public:
  /// base: "http://127.0.10.1:8080/", where the region itself is reached by whoever answers; empty:
  /// by the bucket's name at AWS.
  ResponseBox(const service::Environment& environment, std::string base);

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

  /// "cloudformation-custom-resource-response-useast1".
  const std::string& bucket() const { return bucket_; }
  /// Whether a request is for the bucket, by its host or path.
  bool serves(const net::HttpRequest& request) const;
  net::HttpResponse serve(const net::HttpRequest& request);

 private:
  struct Key {
    std::string id;
    std::string secret;  ///< of the presigned URLs
  };
  Key signing_key();
  std::string url_of(const Request& request, std::int64_t now_s);
  /// "<stack id>|<logical id>|<request id>" of a verified request. Throws ApiError as S3 does.
  std::string verified_object(const net::HttpRequest& request);
  void take(const std::string& object, std::string_view body);

  const service::Environment& environment_;
  const std::string bucket_;
  const std::string base_;
  store::Documents requests_;  ///< "<stack uuid>/<request id>"
  store::Documents keys_;
  aws::SigningKeys derived_;
  std::map<std::string, core::Timer*> waiting_;  ///< by key of requests_
};

}  // namespace tandem::cloudformation
