// What API Gateway needs from its neighbours. The assembler implements these.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
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
};

}  // namespace tandem::apigateway
