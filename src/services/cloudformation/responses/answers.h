// Where others answer to CloudFormation.
#pragma once

#include "services/cloudformation/responses/response_box.h"
#include "services/cloudformation/responses/signal_box.h"

namespace tandem::cloudformation {

struct Answers {
  /// base: bucket.h.
  Answers(const service::Environment& environment, const std::string& base)
      : responses(environment, base), signals(environment, base) {}

  bool serves(const net::HttpRequest& request) const {
    return responses.serves(request) || signals.serves(request);
  }
  net::HttpResponse serve(const net::HttpRequest& request) {
    return signals.serves(request) ? signals.serve(request) : responses.serve(request);
  }

  ResponseBox responses;
  SignalBox signals;
};

}  // namespace tandem::cloudformation
