// A service with fake neighbours, for this folder's tests.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "services/apigateway/service.h"
#include "store/engines.h"

namespace tandem::apigateway::testing {

struct FakeFunctions final : FunctionInvoker {
  struct Invocation {
    std::string function_arn;
    std::string event;
    std::string source_arn;
    std::chrono::milliseconds timeout;
  };
  Task<InvokeResult> invoke(std::string function_arn, std::string payload, std::string source_arn,
                            std::chrono::milliseconds timeout) override {
    calls.push_back({function_arn, payload, source_arn, timeout});
    const auto own = answers.find(function_arn);
    co_return own == answers.end() ? answer : own->second;
  }
  InvokeResult::Outcome invoke_later(const std::string& function_arn, std::string payload,
                                     std::string source_arn) override {
    later.push_back({function_arn, payload, source_arn, {}});
    return answer.outcome;
  }
  InvokeResult answer{InvokeResult::Outcome::kOk, R"({"statusCode":200,"body":"hi"})"};
  std::map<std::string, InvokeResult> answers;  ///< of functions with one of their own
  std::vector<Invocation> calls;
  std::vector<Invocation> later;
};

struct FakeEndpoints final : EndpointCaller {
  Task<CallResult> call(Call given) override {
    calls.push_back(std::move(given));
    co_return answer;
  }
  CallResult answer{.outcome = CallResult::Outcome::kAnswered, .response = {}, .why = ""};
  std::vector<Call> calls;
};

struct FakeAwsServices final : ServiceCaller {
  Task<CallResult> call(Call given) override {
    calls.push_back(std::move(given));
    co_return answer;
  }
  Task<bool> may_assume(std::string role_arn) override { co_return role_arn == trusting; }
  std::string trusting = "arn:aws:iam::123456789012:role/gateway";
  CallResult answer{.outcome = CallResult::Outcome::kAnswered, .response = {}, .why = ""};
  std::vector<Call> calls;
};

struct FakeCertificates final : CertificateStore {
  std::optional<StoredCertificate> find(std::string_view arn) const override {
    const auto found = all.find(std::string(arn));
    if (found == all.end()) return std::nullopt;
    return found->second;
  }
  std::map<std::string, StoredCertificate> all;
};

struct FakeTls final : TlsSink {
  void set(std::string_view name, const net::Certificate& certificate) override {
    serials[std::string(name)] = certificate.serial_hex;
  }
  void erase(std::string_view name) override { serials.erase(std::string(name)); }
  std::map<std::string, std::string> serials;
};

struct Failure {
  int status = 0;
  std::string code;
  std::string message;
};

class Harness : public ::testing::Test {
 protected:
  static constexpr const char* kFunction = "arn:aws:lambda:us-east-1:123456789012:function:todos";
  static constexpr const char* kCertificate =
      "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";

  Harness() {
    certificates.all[kCertificate] = {{.serial_hex = "01"}, {"*.tandem.test", "tandem.test"}};
    restart();
  }
  ~Harness() override {
    if (service) run(service->stop());
  }

  /// A new service over the same store, as after a crash (without stop()) or a clean stop.
  enum class Stop { kClean, kCrash };
  void restart(Stop stop = Stop::kClean) {
    if (service && stop == Stop::kClean) run(service->stop());
    service = std::make_unique<ApiGatewayService>(
        service::Environment{io.get_executor(), pool, clock, random, *store, "/nonexistent", config,
                             "us-east-1"},
        ApiGatewayPorts{functions, certificates, tls, endpoints, services});
    service->start();
  }

  template <class T>
  T run(Task<T> task) {
    auto future = asio::co_spawn(io, std::move(task), asio::use_future);
    io.restart();
    while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io.run_one();
    return future.get();
  }

  const service::Operation& operation(std::string_view name) {
    for (const auto& each : service->operations()) {
      if (each.name == name) return each;
    }
    throw std::invalid_argument(std::string(name));
  }

  json::object call(std::string_view name, json::object input) {
    service::RequestContext context;
    return run(operation(name).handler(context, std::move(input))).output;
  }

  Failure fail(std::string_view name, json::object input) {
    try {
      call(name, std::move(input));
    } catch (const aws::ApiError& error) {
      return {error.status(), error.code(), error.message()};
    }
    ADD_FAILURE() << name << " succeeded";
    return {};
  }

  static std::string text(const json::object& document, std::string_view member) {
    return json::string_or(document, member);
  }

  static std::string lambda_uri(std::string_view function = kFunction) {
    return "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" +
           std::string(function) + "/invocations";
  }

  std::string make_api(json::object more = {}) {
    more["name"] = "todos";
    const json::object api = call("CreateRestApi", std::move(more));
    root = text(api, "rootResourceId");
    return text(api, "id");
  }
  std::string make_resource(const std::string& api, const std::string& parent,
                            std::string_view part) {
    return text(
        call("CreateResource", {{"restApiId", api}, {"parentId", parent}, {"pathPart", part}}),
        "id");
  }
  enum class Key { kNo, kYes };
  void make_method(const std::string& api, const std::string& resource, std::string_view method,
                   Key key = Key::kNo, std::string_view uri = "") {
    call("PutMethod", {{"restApiId", api},
                       {"resourceId", resource},
                       {"httpMethod", method},
                       {"authorizationType", "NONE"},
                       {"apiKeyRequired", key == Key::kYes}});
    call("PutIntegration", {{"restApiId", api},
                            {"resourceId", resource},
                            {"httpMethod", method},
                            {"type", "AWS_PROXY"},
                            {"integrationHttpMethod", "POST"},
                            {"uri", uri.empty() ? lambda_uri() : std::string(uri)}});
  }
  std::string deploy(const std::string& api, std::string_view stage = "dev") {
    return text(call("CreateDeployment", {{"restApiId", api}, {"stageName", stage}}), "id");
  }
  json::object patch(std::string_view op, std::string_view path, std::string_view value = "") {
    return {{"op", op}, {"path", path}, {"value", value}};
  }

  net::HttpResponse send(std::string method, const std::string& host, std::string target,
                         net::Headers headers = {}, std::string body = "") {
    net::HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.headers.set("Host", host);
    request.body = std::move(body);
    request.connection.remote_address = "127.0.0.9";
    request.connection.tls = true;
    return run(service->serve(std::move(request)));
  }
  static std::string host_of(const std::string& api) {
    return api + ".execute-api.us-east-1.amazonaws.com";
  }
  json::object last_event() {
    auto parsed = json::parse_text(functions.calls.back().event);
    EXPECT_TRUE(parsed.ok());
    return std::move(parsed).value().as_object();
  }

  asio::io_context io;
  core::WorkerThreads pool{1};
  core::ManualClock clock;
  core::SeededRandom random{1};
  std::unique_ptr<store::Store> store = store::make_memory_store();
  service::Config config;
  FakeFunctions functions;
  FakeCertificates certificates;
  FakeTls tls;
  FakeEndpoints endpoints;
  FakeAwsServices services;
  std::unique_ptr<ApiGatewayService> service;
  std::string root;  ///< of the API made last
};

}  // namespace tandem::apigateway::testing
