// One request of the data plane on its way: what was found out about it, step by step.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "net/http.h"
#include "services/apigateway/proxy/authorizer_cache.h"
#include "services/apigateway/proxy/event.h"
#include "services/apigateway/proxy/gateway_response.h"
#include "services/apigateway/proxy/view.h"

namespace tandem::apigateway {

/// What names a request in the event and in the answer.
struct Ids {
  std::string request_id;
  std::string extended_id;
  std::string trace_id;
};

/// Stays where it is made: views point into its request.
struct Exchange {
  explicit Exchange(net::HttpRequest given) : request(std::move(given)) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  net::HttpRequest request;
  Ids ids;
  std::string host;
  std::string account;
  std::int64_t time_ms = 0;

  // Found by routing; stage keeps what the others point to.
  std::shared_ptr<const CompiledStage> stage;
  const CompiledResource* resource = nullptr;
  const CompiledMethod* method = nullptr;
  std::string_view http_method;    ///< the method that was routed
  std::string_view event_path;     ///< without the stage on the default host, else whole
  std::string_view context_path;   ///< as the client sent it
  std::string_view resource_path;  ///< what was matched against resources
  PathParameters parameters;

  // Found by the authorizer, when the method has one.
  std::shared_ptr<const AuthorizerResult> authorized;
  std::string authorizer_json;  ///< requestContext.authorizer; empty: none

  // Found by admission; null when the method needs no key.
  std::shared_ptr<const CompiledKey> key;
  std::string_view key_value;

  /// Who is invoked on whose behalf: "arn:aws:execute-api:<region>:<account>:<api>/<stage>/GET/x".
  std::string source_arn;

  const CompiledIntegration& integration() const { return method->integration; }
  EventInput event_input() const;
};

/// What a step finds, or why the request ends there.
template <class T>
using OrRefusal = std::variant<T, Refusal>;

/// The log's words, which AWS puts before whatever is wrong with the configuration.
Refusal misconfigured(std::string_view what);

}  // namespace tandem::apigateway
