// Dispatch: finds the operation an HTTP request names, authorises it, runs it, renders the answer.
// The same operations are reachable in-process through api().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/random.h"
#include "net/http.h"
#include "service/config.h"
#include "service/key_ring.h"
#include "service/service.h"
#include "service/streamed.h"
#include "store/store.h"

namespace tandem::service {

class Dispatcher {
 public:
  struct Options {
    std::string region;
    std::string account;
    Durability durability = Durability::kWal;
    UnknownMembers unknown_members = UnknownMembers::kRefuse;
  };
  Dispatcher(Options options, core::Clock& clock, core::Random& random, KeyRing& keys,
             store::Store& store, core::Workers& blocking);
  ~Dispatcher();

  /// Services are borrowed and must outlive the dispatcher's last request.
  void add(Service& service);

  /// Called with a key that another process keeps, to bring the ring up to date about it. Without
  /// it the ring is complete.
  using KeyLookup = std::function<Task<void>(std::string access_key_id)>;
  void set_key_lookup(KeyLookup look_up);

  /// Whether the operation takes the body as it comes: asked before there is one.
  bool takes_source(const net::HttpRequest& head) const;
  /// Answers any AWS API request, always in the shape of the protocol it was asked in.
  Task<net::HttpResponse> handle(net::HttpRequest request);
  /// In-process calls to the services added here, on behalf of whom the call names; region must be
  /// the dispatcher's own. The same validation and refusals as over HTTP.
  aws::Api& api();
  /// The same for an operation that takes its content as it comes, or answers with content: made
  /// durable as over HTTP. Throws ApiError; a source that breaks off is InternalError.
  Task<Streamed> stream(aws::ApiCall call, Content content);
  /// True when the service was added here.
  bool serves(std::string_view service) const;
  /// What else the coverage manifest lists, under a heading of its own: resource types.
  void also_cover(std::string heading, std::function<json::object()> listed);
  /// Resets every service, the last added first.
  Task<void> reset();
  /// {"services": {"dynamodb": {"PutItem": {"status": "implemented"} …}}}, and what also_cover()
  /// was given.
  json::object coverage() const;
  /// Requests and errors by service and operation, and how long they took.
  void describe_metrics(core::MetricSet& metrics) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Which service and region a request is for, read from its credential scope, its Host and its
/// X-Amz-Target; used by the global process to forward.
struct Destination {
  std::string region;   ///< empty when the request does not say
  std::string service;  ///< "dynamodb"; empty when unknown
};
Destination destination_of(const net::HttpRequest& request);

}  // namespace tandem::service
