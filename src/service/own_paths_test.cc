#include "service/own_paths.h"

#include <gtest/gtest.h>

#include "aws/sigv4.h"

namespace tandem::service {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
const Credentials kRoot{"AKIAIOSFODNN7EXAMPLE", "secret"};

net::HttpRequest request(std::string method, std::string target) {
  return {.method = std::move(method), .target = std::move(target)};
}

net::HttpRequest signed_request(const Credentials& by, std::int64_t at = kNow) {
  net::HttpRequest made = request("POST", "/_tandem/rebuild");
  sign_own_path(made, "127.0.10.1", by, at);
  return made;
}

/// At the process that listens there.
bool admitted(net::HttpRequest asked, const std::string& address = "127.0.10.1") {
  asked.connection.local_address = address;
  return may_use_own_path(asked, OwnPaths::kSigned, kRoot, kNow);
}

TEST(OwnPaths, AreOpenUnlessFunctionsShareTheHostsNetwork) {
  EXPECT_EQ(own_paths_of({}), OwnPaths::kOpen);
  EXPECT_EQ(own_paths_of({sandbox::Network::kOutbound}), OwnPaths::kOpen);
  EXPECT_EQ(own_paths_of({sandbox::Network::kHost}), OwnPaths::kSigned);
  EXPECT_TRUE(may_use_own_path(request("POST", "/_tandem/reset"), OwnPaths::kOpen, kRoot, kNow));
}

TEST(OwnPaths, ThenAnswerTheRootsSignatureAlone) {
  EXPECT_TRUE(admitted(signed_request(kRoot)));
  EXPECT_FALSE(admitted(signed_request(kRoot), "127.0.11.1"));
  EXPECT_FALSE(admitted(request("POST", "/_tandem/rebuild")));
  EXPECT_FALSE(admitted(signed_request({kRoot.access_key_id, "another secret"})));
  EXPECT_FALSE(admitted(signed_request({"AKIAANOTHERKEY", kRoot.secret_access_key})));
  EXPECT_FALSE(admitted(signed_request(kRoot, kNow - 3'600)));
  net::HttpRequest changed = signed_request(kRoot);
  changed.target = "/_tandem/reset";
  EXPECT_FALSE(admitted(changed));
  changed = signed_request(kRoot);
  changed.body = "{}";
  EXPECT_FALSE(admitted(changed));
}

TEST(OwnPaths, ASignatureForAwsIsNone) {
  net::HttpRequest asked = request("POST", "/_tandem/rebuild");
  asked.headers.set("Host", "127.0.10.1");
  aws::SigningKeys keys;
  aws::sign_request(asked, {kRoot.access_key_id, kRoot.secret_access_key, ""}, "us-east-1",
                    "dynamodb", kNow, keys);
  EXPECT_FALSE(admitted(asked));
}

TEST(OwnPaths, AnybodyMayAskWhoIsThere) {
  EXPECT_TRUE(admitted(request("GET", "/_tandem/health")));
  EXPECT_FALSE(admitted(request("POST", "/_tandem/health")));
  EXPECT_FALSE(admitted(request("GET", "/_tandem/metrics")));
}

}  // namespace
}  // namespace tandem::service
