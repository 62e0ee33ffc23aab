// A method's integration, compiled when its stage is loaded: templates, mappings and patterns are
// parsed once. What an integration is beyond its mappings is a variant, and how each is served is a
// file of its own: lambda_proxy.cc, mock.cc, lambda_function.cc, http_endpoint.cc, aws_service.cc.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.h"
#include "services/apigateway/mapping/parameter_expression.h"
#include "services/apigateway/mapping/template.h"
#include "services/apigateway/model/integration_uri.h"
#include "services/apigateway/model/selection.h"

namespace tandem::apigateway {

struct CompiledTemplate {
  std::string content_type;  ///< lower case; "$default" too
  bool empty = false;
  std::optional<mapping::Template> program;  ///< nothing: it cannot be parsed, and fails when used
};

struct ParameterMapping {
  mapping::ParameterTarget target;
  mapping::ParameterSource source;
};

enum class ContentHandling { kNone, kToText, kToBinary };
/// What happens to a body that no template is for.
enum class Passthrough { kWhenNoMatch, kWhenNoTemplates, kNever };

struct RequestMapping {
  std::vector<CompiledTemplate> templates;
  std::vector<ParameterMapping> parameters;
  Passthrough passthrough = Passthrough::kWhenNoMatch;
  ContentHandling content_handling = ContentHandling::kNone;
};

/// An integration response.
struct ResponseMapping {
  int status = 200;
  bool declared = false;  ///< there is a method response for the status
  SelectionPattern pattern;
  std::vector<CompiledTemplate> templates;
  std::vector<ParameterMapping> parameters;
  ContentHandling content_handling = ContentHandling::kNone;
};

/// AWS_PROXY: a function gets the request as an event and answers with a response.
struct LambdaProxy {
  std::string function_arn;  ///< empty: what is configured cannot be invoked
  std::string credentials;   ///< a role's ARN; empty: the function's own policy decides
};
/// MOCK: the request template says the status.
struct MockBackEnd {};
/// AWS with a function: it gets what the request template makes.
struct LambdaFunction {
  std::string function_arn;
  std::string credentials;
};
/// AWS with any other service, or another path of Lambda's.
struct AwsService {
  AwsUri uri;
  std::string http_method;
  std::string credentials;
};
/// HTTP and HTTP_PROXY.
struct HttpEndpoint {
  enum class Kind { kMapped, kProxy } kind = Kind::kMapped;
  std::string uri;
  std::string http_method;  ///< "ANY": the client's
  bool verify_tls = true;
};
/// monostate: the method has none.
using BackEnd = std::variant<std::monostate, LambdaProxy, MockBackEnd, LambdaFunction, AwsService,
                             HttpEndpoint>;

struct CompiledIntegration {
  BackEnd back_end;
  std::chrono::milliseconds timeout{29'000};
  RequestMapping request;
  std::vector<ResponseMapping> responses;
  /// A mapping sets a header that the gateway has set already: every request fails (measured).
  std::string header_already_present;

  /// Whether the answer carries X-Amzn-Trace-Id. MOCK's does not (measured).
  bool answers_with_trace() const;
};

/// method has a methodIntegration. variables are the stage's, or null.
CompiledIntegration compile_integration(const json::object& method, const json::object* variables);

}  // namespace tandem::apigateway
