#include "region/gateway_calls.h"

#include <gtest/gtest.h>
#include <stdexcept>

namespace tandem::region {
namespace {

service::Config two_regions() {
  service::Config config;
  config.regions = {{"us-east-1", "127.0.10.1"}, {"us-west-2", "127.0.11.1"}};
  return config;
}

apigateway::EndpointCaller::Call call_of(std::string host, std::uint16_t port, std::string target,
                                         bool tls = false) {
  apigateway::EndpointCaller::Call call;
  call.host = std::move(host);
  call.port = port;
  call.tls = tls;
  call.request.target = std::move(target);
  return call;
}

bool nothing_is(const std::string& /*address*/) { return false; }
bool everything_is(const std::string& /*address*/) { return true; }

net::HttpTarget integration_target(const service::Config& config,
                                   const apigateway::EndpointCaller::Call& call,
                                   const std::string& address) {
  return region::integration_target(config, call, address, nothing_is);
}

// A function that may make an API would reach what listens here otherwise.
TEST(GatewayCalls, ReachThisMachineOnlyWhereTheyMay) {
  const auto call = call_of("localhost", 3000, "/_tandem/x");
  EXPECT_THROW(region::integration_target(two_regions(), call, "127.0.0.1", everything_is),
               std::runtime_error);
  const auto api = call_of("todos.tandem.test", 443, "/todos", true);
  EXPECT_EQ(region::integration_target(two_regions(), api, "127.0.11.1", everything_is).port, 8443);
  const auto target = integration_target(two_regions(), call, "127.0.0.1");
  EXPECT_EQ(target.address, "127.0.0.1");
  EXPECT_EQ(target.port, 3000);
  EXPECT_EQ(target.server_name, "localhost");
}

// A name of AWS's, or a custom domain, leads to a region, at whose ports its API is.
TEST(GatewayCalls, ReachApisOfRegions) {
  const std::string host = "abc.execute-api.us-west-2.amazonaws.com";
  const auto secure =
      integration_target(two_regions(), call_of(host, 443, "/dev", true), "127.0.11.1");
  EXPECT_EQ(secure.port, 8443);
  EXPECT_TRUE(secure.tls);
  EXPECT_EQ(integration_target(two_regions(), call_of(host, 80, "/dev"), "127.0.11.1").port, 8080);
}

TEST(GatewayCalls, ReachNothingThatControlsTandem) {
  const service::Config config = two_regions();
  const auto refused = [&](const apigateway::EndpointCaller::Call& call, const std::string& to) {
    EXPECT_THROW(integration_target(config, call, to), std::runtime_error) << to << call.port;
  };
  refused(call_of("127.0.10.1", 8080, "/_tandem/reset"), "127.0.10.1");
  refused(call_of("todos.test", 443, "/_tandem/reset", true), "127.0.11.1");
  refused(call_of("127.0.0.1", 4566, "/_tandem/reset"), "127.0.0.1");
  refused(call_of("127.0.0.1", 5353, "/"), "127.0.0.1");
  refused(call_of("127.0.10.1", 7946, "/"), "127.0.10.1");
  refused(call_of("iam.amazonaws.com", 443, "/_tandem/reset", true),
          std::string(service::Names::kGlobalNames));
}

TEST(GatewayCalls, ReachNoAddressOfNobody) {
  for (const char* address : {"169.254.169.254", "0.0.0.0", "::", "fe80::1", "224.0.0.1",
                              "::ffff:169.254.169.254", "no address"}) {
    EXPECT_THROW(integration_target(two_regions(), call_of("x.example", 80, "/"), address),
                 std::runtime_error)
        << address;
  }
}

}  // namespace
}  // namespace tandem::region
