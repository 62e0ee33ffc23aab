#include "region/gateway_calls.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <stdexcept>

#include "aws/error.h"
#include "core/bytes.h"
#include "core/files.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "core/timer.h"
#include "core/what_of.h"
#include "net/body.h"
#include "net/dns_client.h"
#include "service/endpoints.h"
#include "service/global_services.h"

namespace tandem::region {
namespace {

using Outcome = apigateway::CallResult::Outcome;

/// AWS, "Amazon API Gateway quotas": 10 MB.
constexpr std::size_t kLargestAnswer = 10'485'760;
/// Of integrations that call an API that calls itself there is no other end.
constexpr std::size_t kMostUnderWay = 256;
/// What the machine trusts, where Debian and most others keep it.
constexpr const char* kMachineRoots = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* kResolvConf = "/etc/resolv.conf";
/// Who assumes integrations' roles.
constexpr std::string_view kSelf = "apigateway.amazonaws.com";

std::optional<asio::ip::address> address_in(std::string text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

/// RFC 3927 and RFC 4291 §2.5.6.
bool is_link_local(const asio::ip::address& address) {
  if (address.is_v6()) return address.to_v6().is_link_local();
  const auto bytes = address.to_v4().to_bytes();
  return bytes[0] == 169 && bytes[1] == 254;
}

/// Loopback and every other address of an interface here: the kernel sends to those from
/// themselves.
bool is_of_this_machine(const asio::any_io_executor& executor, const std::string& text) {
  const auto address = address_in(text);
  if (!address || address->is_loopback()) return true;
  asio::ip::udp::socket socket(executor);
  boost::system::error_code error;
  constexpr std::uint16_t kDiscard = 9;  // Nothing is sent.
  socket.connect({*address, kDiscard}, error);
  if (error) return false;
  return socket.local_endpoint(error).address() == *address;
}

apigateway::CallResult failed(Outcome outcome, std::string why) {
  return {.outcome = outcome, .response = {}, .why = std::move(why)};
}

apigateway::CallResult failed(const net::NetError& error) {
  const bool late = error.kind == net::NetError::Kind::kTimeout;
  return failed(late ? Outcome::kTimeout : Outcome::kFailed, error.message);
}

/// How many calls are under way, whatever becomes of them.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

struct Asking {
  explicit Asking(asio::any_io_executor executor) : ended(executor) {}
  core::Timer ended;
  std::optional<net::HttpResponse> response;
  std::string why;
};

/// Of Tandem's own listener at address, if there is one: the port at which its API is, or 0 where
/// something else of Tandem's is.
std::optional<net::HttpTarget> own_listener(const service::Config& config,
                                            const apigateway::EndpointCaller::Call& call,
                                            const std::string& address) {
  for (const service::RegionAddress& region : config.regions) {
    if (region.address != address) continue;
    const std::uint16_t port = call.tls ? config.ports.https : config.ports.http;
    const bool api = call.port == port || call.port == (call.tls ? 443 : 80);
    return net::HttpTarget{
        .address = address, .port = api ? port : std::uint16_t{0}, .tls = call.tls};
  }
  if (address == service::Names::kGlobalNames) {
    return net::HttpTarget{.address = config.global_address, .port = config.ports.endpoint};
  }
  if (address != config.global_address) return std::nullopt;
  if (call.port == config.ports.endpoint)
    return net::HttpTarget{.address = address, .port = call.port};
  if (call.port == config.ports.dns) return net::HttpTarget{.address = address, .port = 0};
  return std::nullopt;
}

}  // namespace

// INVARIANT(integrations-reach-no-control): of Tandem's own listeners an integration reaches the
// APIs alone.
net::HttpTarget integration_target(const service::Config& config,
                                   const apigateway::EndpointCaller::Call& call,
                                   const std::string& address,
                                   const std::function<bool(const std::string&)>& is_own) {
  net::HttpTarget target{.address = address, .port = call.port, .tls = call.tls};
  if (const auto own = own_listener(config, call, address)) {
    if (own->port == 0) throw std::runtime_error("no API is at that port");
    if (service::TandemEndpoints::owns(call.request)) {
      throw std::runtime_error("Tandem's own paths are not for integrations");
    }
    target = *own;
  } else if (is_own(address)) {
    throw std::runtime_error(address +
                             " is this machine's own, which integrations reach with 'integrations: "
                             "{network: host}' in tandem.yaml");
  }
  const auto parsed = address_in(target.address);
  if (!parsed || parsed->is_unspecified() || parsed->is_multicast() || is_link_local(*parsed)) {
    throw std::runtime_error(address + " is not for integrations");
  }
  if (!address_in(call.host)) target.server_name = call.host;
  target.verify = call.verify_tls ? net::HttpTarget::Verify::kYes : net::HttpTarget::Verify::kNo;
  return target;
}

GatewayEndpoints::GatewayEndpoints(service::Node& node, sandbox::Network network)
    : node_(node),
      network_(network),
      names_(node.config(), "", service::resolvers_in(core::find_file(kResolvConf).value_or(""))) {}

net::HttpClient& GatewayEndpoints::client() {
  if (!client_) {
    client_ = node_.world().network.http_client(
        {.response_bytes = kLargestAnswer,
         .trusted_ca_pem =
             node_.ca().certificate_pem() + core::find_file(kMachineRoots).value_or("")});
  }
  return *client_;
}

Task<std::string> GatewayEndpoints::resolve(std::string host) {
  if (const auto address = address_in(host)) co_return address->to_string();
  if (host == "localhost") co_return "127.0.0.1";
  const net::DnsRelay::Choice choice = names_.choose(host);
  if (!choice.address.empty()) co_return choice.address;
  std::string why = "no name server";
  for (const net::DnsRelay::Server& server : choice.servers) {
    net::DnsClient client(node_.world().random, {.address = server.address,
                                                 .port = server.port,
                                                 .timeout = std::chrono::milliseconds(1'000),
                                                 .attempts = 2});
    try {
      const net::DnsClient::Addresses found = co_await client.resolve_a(host);
      if (!found.addresses.empty()) co_return found.addresses.front();
    } catch (const net::DnsError& error) {
      why = error.message;
    }
  }
  throw net::DnsError(fmt::format("{}: {}", host, why));
}

Task<apigateway::CallResult> GatewayEndpoints::call(Call call) {
  if (under_way_ >= kMostUnderWay) {
    co_return failed(Outcome::kFailed, "too many calls are under way");
  }
  const Counted counted(under_way_);
  const std::int64_t end_ns =
      node_.world().clock.steady_ns() + std::chrono::nanoseconds(call.timeout).count();
  apigateway::CallResult result;
  try {
    const std::string address = co_await resolve(call.host);
    const auto executor = co_await asio::this_coro::executor;
    net::HttpTarget target =
        integration_target(node_.config(), call, address, [&](const std::string& each) {
          return network_ != sandbox::Network::kHost && is_of_this_machine(executor, each);
        });
    const std::chrono::nanoseconds left(end_ns - node_.world().clock.steady_ns());
    if (left.count() <= 0) co_return failed(Outcome::kTimeout, "no time is left");
    // What a client asks for once happens once.
    result.response = co_await client().send(std::move(target), std::move(call.request),
                                             std::chrono::ceil<std::chrono::milliseconds>(left),
                                             net::HttpClient::Repeat::kNo);
  } catch (const net::NetError& error) {
    co_return failed(error);
  } catch (const std::exception& error) {
    co_return failed(Outcome::kFailed, error.what());
  }
  co_return result;
}

Task<bool> GatewayServices::may_assume(std::string role_arn) {
  using Answer = service::Roles::Answer;
  const Answer answer = co_await roles_.may_assume(role_arn, std::string(kSelf));
  if (answer == Answer::kUnknown) {
    throw aws::ApiError(503, "ServiceUnavailable",
                        "IAM does not answer, and this region has not heard of " + role_arn);
  }
  co_return answer == Answer::kYes;
}

aws::SigningCredentials GatewayServices::credentials_for(const std::string& role_arn) {
  constexpr std::size_t kMostSessions = 1'000;
  if (const auto found = sessions_.find(role_arn); found != sessions_.end()) return found->second;
  service::KeyRing& keys = node_.keys();
  if (sessions_.size() >= kMostSessions) {
    for (const auto& [role, session] : sessions_) keys.erase(session.access_key_id);
    sessions_.clear();
  }
  core::Random& random = node_.world().random;
  aws::SigningCredentials made;
  made.access_key_id =
      keys.mint().make_id("ASIA", service::KeyMint::functions_of(node_.options().region), random);
  made.secret_access_key = core::random_text(random, 40, core::kAlnum);
  made.session_token = core::base64_encode(core::random_text(random, 96, core::kAlnum));
  service::KeyRing::Key key;
  key.secret = made.secret_access_key;
  key.session_token = made.session_token;
  // The session's name is API Gateway's own, as CloudTrail shows it.
  key.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/BackplaneAssumeRoleSession",
                        node_.config().account, role_arn.substr(role_arn.rfind('/') + 1));
  keys.set(made.access_key_id, std::move(key));
  sessions_[role_arn] = made;
  return made;
}

/// This region's services in the process, others over HTTP: the answer is the same.
Task<net::HttpResponse> GatewayServices::ask(Call call) {
  const service::Config& config = node_.config();
  const bool global = service::is_global_service(call.service);
  net::HttpResponse response;
  if (!global && call.region == node_.options().region) {
    response = co_await node_.dispatcher().handle(std::move(call.request));
  } else {
    const service::RegionAddress* region = config.find_region(call.region);
    if (!global && region == nullptr) {
      throw std::runtime_error(fmt::format("there is no region {}", call.region));
    }
    net::HttpTarget target{.address = global ? config.global_address : region->address,
                           .port = global ? config.ports.endpoint : config.ports.http};
    response = co_await node_.http_client().send(std::move(target), std::move(call.request),
                                                 call.timeout, net::HttpClient::Repeat::kNo);
  }
  if (response.source) {
    response.body = co_await net::collect(std::exchange(response.source, nullptr), kLargestAnswer);
  }
  co_return response;
}

Task<apigateway::CallResult> GatewayServices::call(Call call) {
  if (!roles_.heard(call.role_arn, kSelf)) {
    co_return failed(Outcome::kNoRole, call.role_arn + " is no role that API Gateway may assume");
  }
  aws::sign_request(call.request, credentials_for(call.role_arn), call.region, call.service,
                    node_.world().clock.now_s(), signing_keys_);
  const auto executor = co_await asio::this_coro::executor;
  const auto asking = std::make_shared<Asking>(executor);
  asking->ended.expires_after(call.timeout);
  asio::co_spawn(executor, ask(std::move(call)),
                 [asking](const std::exception_ptr& escaped, net::HttpResponse response) {
                   if (escaped) {
                     asking->why = core::what_of(escaped);
                   } else {
                     asking->response = std::move(response);
                   }
                   asking->ended.cancel();
                 });
  if (!asking->response && asking->why.empty()) {
    boost::system::error_code ignored;
    co_await asking->ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (!asking->why.empty()) co_return failed(Outcome::kFailed, asking->why);
  if (!asking->response) co_return failed(Outcome::kTimeout, "no answer in time");
  apigateway::CallResult result;
  result.response = std::move(*asking->response);
  co_return result;
}

}  // namespace tandem::region
