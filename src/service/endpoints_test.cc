#include "service/endpoints.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>

#include "store/store.h"

namespace tandem::service {
namespace {

class Endpoints : public ::testing::Test {
 protected:
  net::HttpResponse ask(std::string method, std::string path, std::string body = "") {
    net::HttpRequest asked;
    asked.method = std::move(method);
    asked.target = "/_tandem/" + path;
    asked.body = std::move(body);
    EXPECT_TRUE(TandemEndpoints::owns(asked));
    net::HttpResponse response;
    asio::co_spawn(
        loop_, endpoints_.handle(std::move(asked)),
        [&](const std::exception_ptr&, net::HttpResponse answer) { response = std::move(answer); });
    loop_.restart();
    loop_.run();
    return response;
  }
  asio::io_context loop_;
  TandemEndpoints endpoints_;
};

TEST_F(Endpoints, AnswerByMethodAndPath) {
  endpoints_.add("GET", "/_tandem/dns", [] { return json::object{{"a", 1}}; });
  endpoints_.add("POST", "/_tandem/dns", [] { return json::object{{"b", 2}}; });
  EXPECT_EQ(ask("GET", "dns").body, "{\"a\":1}\n");
  EXPECT_EQ(ask("HEAD", "dns?x=y").status, 200);
  EXPECT_EQ(ask("POST", "dns").body, "{\"b\":2}\n");
  const net::HttpResponse refused = ask("DELETE", "dns");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.get_or("Allow"), "GET, POST");
  for (const char* path : {"nothing", "dns/", "dn", "dnsx"})
    EXPECT_EQ(ask("GET", path).status, 404);
}

TEST_F(Endpoints, SayWhichTheyAre) {
  endpoints_.add("GET", "/_tandem/dns", [] { return json::object{}; });
  EXPECT_EQ(ask("GET", "").body, "{\"paths\":[\"GET /_tandem/\",\"GET /_tandem/dns\"]}\n");
}

TEST_F(Endpoints, SayWhatWentWrong) {
  endpoints_.add("POST", "/_tandem/a", []() -> json::object { throw std::invalid_argument("no"); });
  endpoints_.add("POST", "/_tandem/b", []() -> json::object { throw store::StoreError("full"); });
  endpoints_.add("POST", "/_tandem/c", []() -> json::object { throw std::runtime_error("lost"); });
  EXPECT_EQ(ask("POST", "a").status, 409);
  EXPECT_EQ(ask("POST", "b").status, 503);
  EXPECT_EQ(ask("POST", "c").body, "{\"message\":\"lost\"}\n");
}

TEST_F(Endpoints, ChangeLinks) {
  json::object west;
  const LinkControl control{.list =
                                [&west] {
                                  return json::object{{"us-west-2", west}};
                                },
                            .set =
                                [&west](std::string_view peer, const json::object& settings) {
                                  if (settings.contains("Wrong"))
                                    throw std::invalid_argument("Wrong is not known");
                                  west = settings;
                                  return peer == "us-west-2";
                                },
                            .rebuild =
                                [] {
                                  return json::object{{"RestampedItems", 0}};
                                },
                            .clock_refusal = {}};
  add_link_rows(endpoints_, control);
  EXPECT_EQ(ask("PUT", "links/us-west-2", R"({"Paused":true})").body, "{\"Paused\":true}\n");
  EXPECT_EQ(ask("GET", "links").body, "{\"us-west-2\":{\"Paused\":true}}\n");
  EXPECT_EQ(ask("PUT", "links/eu-west-1", "{}").status, 404);
  EXPECT_EQ(ask("PUT", "links/us-west-2", R"({"Wrong":1})").status, 400);
  EXPECT_EQ(ask("PUT", "links/us-west-2", "nonsense").status, 400);
  EXPECT_EQ(ask("GET", "links/us-west-2").status, 405);
  EXPECT_EQ(ask("PUT", "links/").status, 404);
  EXPECT_EQ(ask("POST", "rebuild").status, 200);
}

}  // namespace
}  // namespace tandem::service
