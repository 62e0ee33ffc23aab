// What API Gateway needs from its neighbours. The assembler implements these.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "net/http.h"
#include "net/tls.h"

namespace tandem::apigateway {

struct InvokeResult {
  enum class Outcome {
    kOk,                 ///< payload is what the function returned
    kFunctionError,      ///< the function failed (X-Amz-Function-Error)
    kThrottled,          ///< Lambda answered 429
    kPermissionMissing,  ///< no statement of the function's policy lets source_arn in
    kNotFound,           ///< no such function
    kTimeout,            ///< no answer within the integration's timeout
    kTooLarge,           ///< the event is over Lambda's synchronous payload limit
  };
  Outcome outcome = Outcome::kOk;
  std::string payload;
};

/// Invokes a function as the principal apigateway.amazonaws.com.
class FunctionInvoker {
 public:
  virtual ~FunctionInvoker() = default;
  /// Returns within timeout (the integration's), whatever the function does.
  virtual Task<InvokeResult> invoke(std::string function_arn, std::string payload,
                                    std::string source_arn, std::chrono::milliseconds timeout) = 0;
  /// The same without waiting for what the function does (invocation type Event): kOk when it will
  /// be invoked.
  virtual InvokeResult::Outcome invoke_later(const std::string& function_arn, std::string payload,
                                             std::string source_arn) = 0;
};

/// What a back end that is asked over HTTP has answered.
struct CallResult {
  enum class Outcome {
    kAnswered,
    kTimeout,  ///< no answer within the integration's timeout
    kFailed,   ///< it cannot be reached
    kNoRole,   ///< API Gateway may not assume the role
  };
  Outcome outcome = Outcome::kAnswered;
  net::HttpResponse response;
  std::string why;  ///< of what did not work
};

/// Calls the HTTP endpoints of integrations.
class EndpointCaller {
 public:
  virtual ~EndpointCaller() = default;
  struct Call {
    bool tls = false;
    bool verify_tls = true;
    std::string host;  ///< a name or an IP address
    std::uint16_t port = 0;
    net::HttpRequest request;  ///< with its Host header
    std::chrono::milliseconds timeout{0};
  };
  virtual Task<CallResult> call(Call call) = 0;
};

/// Calls AWS's services as a role of the account's, which apigateway.amazonaws.com has to be
/// allowed to assume.
class ServiceCaller {
 public:
  virtual ~ServiceCaller() = default;
  struct Call {
    std::string role_arn;
    std::string region;
    std::string service;       ///< as its host begins: "dynamodb"
    net::HttpRequest request;  ///< with its Host header, unsigned
    std::chrono::milliseconds timeout{0};
  };
  /// What a service refuses is an answer.
  virtual Task<CallResult> call(Call call) = 0;
  /// Whether the role is there and trusts API Gateway. Throws ApiError when nobody can tell.
  virtual Task<bool> may_assume(std::string role_arn) = 0;
};

struct StoredCertificate {
  net::Certificate certificate;
  std::vector<std::string> names;  ///< what it covers; "*.example.com" covers one label
};

class CertificateStore {
 public:
  virtual ~CertificateStore() = default;
  /// The issued certificate with this ACM ARN, or nothing.
  virtual std::optional<StoredCertificate> find(std::string_view certificate_arn) const = 0;
};

/// The region's TLS listener, as net::ServerTls.
class TlsSink {
 public:
  virtual ~TlsSink() = default;
  virtual void set(std::string_view name, const net::Certificate& certificate) = 0;
  virtual void erase(std::string_view name) = 0;
};

/// Borrowed; they outlive the service.
struct ApiGatewayPorts {
  FunctionInvoker& functions;
  CertificateStore& certificates;
  TlsSink& tls;
  EndpointCaller& endpoints;
  ServiceCaller& services;
};

}  // namespace tandem::apigateway
