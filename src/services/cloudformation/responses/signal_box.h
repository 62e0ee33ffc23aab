// The signals of wait conditions: PUT to the URL that is a handle's Ref (User Guide, "Create wait
// conditions in a CloudFormation template"). Stored by handle, as long as that is there.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "core/task.h"
#include "core/timer.h"
#include "services/cloudformation/responses/bucket.h"

namespace tandem::cloudformation {

/// Loop thread only.
class SignalBox {
 public:
  /// base: bucket.h.
  SignalBox(const service::Environment& environment, const std::string& base);

  /// What the bucket's name begins with, before the region's.
  static constexpr std::string_view kBuckets = "cloudformation-waitcondition-";

  /// From here on signals are kept. The handle's URL. Throws StoreError.
  std::string open(const std::string& stack_id, const std::string& logical_id);
  /// What was kept goes. Throws StoreError.
  void close(const std::string& url);

  struct Signals {
    json::object data;    ///< unique id → data, of those that succeeded
    std::string failure;  ///< AWS's text of one that failed; empty: none has
  };
  /// Nothing but emptiness for what is no handle's URL.
  Signals received(const std::string& url) const;
  bool is_handle(const std::string& url) const;
  /// Until one comes, and no longer than that.
  Task<void> rest(std::string url, std::chrono::milliseconds most);

  bool serves(const net::HttpRequest& request) const { return bucket_.serves(request); }
  net::HttpResponse serve(const net::HttpRequest& request);

 private:
  void take(const std::string& object, std::string_view body);

  Bucket bucket_;
  store::Documents handles_;                          ///< by object: {"signals": {id: signal}}
  std::multimap<std::string, core::Timer*> waiting_;  ///< by object
};

}  // namespace tandem::cloudformation
