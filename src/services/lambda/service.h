// AWS Lambda of one region: zip functions on provided.* runtimes, run in sandboxes on this machine.
//
// Not here yet, and refused by name: other runtimes, container images,
// event source mappings, VPCs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/dispatch.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/lambda/exec/async_queue.h"
#include "services/lambda/model/policy.h"
#include "services/lambda/ports.h"

namespace tandem::lambda {

struct InvokeResult {
  enum class Status {
    kSucceeded,
    kFunctionError,  ///< payload is the error document
    kTimedOut,       ///< a function error too; payload is the error document
    kThrottled,
    kNotPermitted,  ///< the function's policy does not let the invoker in
    kNotFound,
    kUnavailable,  ///< the sandbox could not be started
  };
  Status status = Status::kNotFound;
  std::string payload;
  std::string request_id;
};

class LambdaService final : public service::Service {
 public:
  struct Options {
    Durations durations;
    AsyncQueue::Options queue;
  };
  /// Borrows keys and what ports refer to.
  LambdaService(service::Environment environment, service::KeyRing& keys, LambdaPorts ports,
                Options options);
  LambdaService(service::Environment environment, service::KeyRing& keys, LambdaPorts ports);
  ~LambdaService() override;

  std::string_view name() const override { return "lambda"; }
  const std::vector<service::Operation>& operations() const override;
  void start() override;
  Task<void> stop() override;

  /// For the region's other services. function is a name or an ARN; payload is JSON and is not
  /// checked. Throws nothing.
  Task<InvokeResult> invoke(std::string function, std::string payload, Invoker invoker);

  enum class Taken {
    kYes,  ///< stored, to be run as asynchronous invocations are
    kNotFound,
    kNotPermitted,  ///< the function's policy does not let the invoker in
    kTooLarge,
    kFull,
  };
  /// The same asynchronously. Throws StoreError.
  Taken invoke_later(const std::string& function, std::string payload, const Invoker& invoker);

  /// Whether host is a function URL's name in this region, and the answer to a request for it.
  bool serves_url(std::string_view host) const;
  Task<net::HttpResponse> serve_url(net::HttpRequest request);

  /// Whether a request is for the buckets from which packages are downloaded, and its answer.
  bool serves_download(const net::HttpRequest& request) const;
  Task<net::HttpResponse> serve_download(net::HttpRequest request);
  /// Whether a bucket is Lambda's own, in whichever region.
  static bool owns_bucket(std::string_view bucket);

  /// Whose code on the disk is known to be missing or damaged, and the way out; empty when all is
  /// well.
  std::string code_damage() const;

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;
  Task<void> pause() override;
  void resume() override { start(); }

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::lambda
