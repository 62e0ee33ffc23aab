// What stands behind API Gateway's integrations other than functions: HTTP endpoints, and AWS's
// services called as a role.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "net/http_client.h"
#include "region/heard_roles.h"
#include "sandbox/network.h"
#include "service/names.h"
#include "service/node.h"
#include "services/apigateway/ports.h"

namespace tandem::region {

/// Where a call goes whose host has this address. is_own: whether an address is this machine's and
/// not to be reached. Throws std::runtime_error, which says why it goes nowhere.
net::HttpTarget integration_target(const service::Config& config,
                                   const apigateway::EndpointCaller::Call& call,
                                   const std::string& address,
                                   const std::function<bool(const std::string&)>& is_own);

/// Calls what is beyond this machine, as far as the machine does. Names of AWS and of the
/// application lead to Tandem's regions. Refused are Tandem's own paths and its ports that are no
/// API, link-local addresses, where clouds keep credentials, and what else listens on this machine:
/// whoever may make an API, a function too, could reach it otherwise (integrations.network: host).
class GatewayEndpoints final : public apigateway::EndpointCaller {
 public:
  /// Borrows node.
  GatewayEndpoints(service::Node& node, sandbox::Network network);
  Task<apigateway::CallResult> call(Call call) override;

 private:
  /// An address of the name; throws net::DnsError.
  Task<std::string> resolve(std::string host);
  net::HttpClient& client();

  service::Node& node_;
  sandbox::Network network_;
  service::Names names_;
  std::unique_ptr<net::HttpClient> client_;  ///< made for the first call
  std::size_t under_way_ = 0;
};

class GatewayServices final : public apigateway::ServiceCaller {
 public:
  /// Borrows both.
  GatewayServices(service::Node& node, HeardRoles& roles) : node_(node), roles_(roles) {}
  Task<apigateway::CallResult> call(Call call) override;
  Task<bool> may_assume(std::string role_arn) override;

 private:
  /// Of the role's session, which lasts as long as the process.
  aws::SigningCredentials credentials_for(const std::string& role_arn);
  Task<net::HttpResponse> ask(Call call);

  service::Node& node_;
  HeardRoles& roles_;
  aws::SigningKeys signing_keys_;
  std::map<std::string, aws::SigningCredentials, std::less<>> sessions_;  ///< by role
};

}  // namespace tandem::region
