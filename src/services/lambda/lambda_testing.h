// A LambdaService in a test: its world, and calls that run the loop until they are answered.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <string>

#include "aws/error.h"
#include "core/bytes.h"
#include "service/roles_testing.h"
#include "services/lambda/code/zip_testing.h"
#include "services/lambda/service.h"
#include "store/engines.h"

/// The build says where it is (CMakeLists.txt); whoever reads this header alone needs no function.
#ifndef TANDEM_TEST_FUNCTION
#define TANDEM_TEST_FUNCTION ""
#endif

namespace tandem::lambda {

class CollectedLogs final : public LogSink {
 public:
  void write(std::string_view group, std::string_view, std::vector<LogLine> lines) override {
    for (LogLine& line : lines) {
      bytes += line.message.size();
      all[std::string(group)].push_back(std::move(line.message));
    }
  }
  std::map<std::string, std::vector<std::string>> all;
  std::size_t bytes = 0;
};

class FakeObjects final : public ObjectSource {
 public:
  Task<std::string> read_object(std::string bucket, std::string key, std::string) override {
    const auto found = all.find(bucket + "/" + key);
    if (found == all.end()) {
      throw aws::ApiError(404, "NoSuchKey", "The specified key does not exist.");
    }
    co_return found->second;
  }
  std::map<std::string, std::string> all;
};

class LambdaTest : public ::testing::Test {
 protected:
  static constexpr const char* kRole = "arn:aws:iam::123456789012:role/r";

  LambdaTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "lambda_test.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    config_.regions = {{"us-east-1", "127.0.0.1"}};
  }
  ~LambdaTest() override {
    if (service_) wait(service_->stop());
    service_.reset();
    pool_.join();
    std::filesystem::remove_all(folder_);
  }

  void start(LambdaService::Options options = {}) {
    service_ = std::make_unique<LambdaService>(
        service::Environment{loop_.get_executor(), pool_, clock_, random_, *store_, folder_,
                             config_, "us-east-1"},
        keys_,
        LambdaPorts{.logs = logs_,
                    .objects = objects_,
                    .roles = roles_,
                    .events = events_,
                    .runtimes = runtimes_},
        std::move(options));
    service_->start();
  }

  /// Runs the loop until task has ended; fails the test after a minute.
  template <class T>
  T wait(Task<T> task) {
    std::optional<T> result;
    std::exception_ptr failed;
    asio::co_spawn(loop_, std::move(task), [&](const std::exception_ptr& escaped, T value) {
      failed = escaped;
      result = std::move(value);
    });
    run_until([&] { return result.has_value(); });
    if (failed) std::rethrow_exception(failed);
    return std::move(*result);
  }
  void wait(Task<void> task) {
    bool ended = false;
    asio::co_spawn(loop_, std::move(task), [&](const std::exception_ptr&) { ended = true; });
    run_until([&] { return ended; });
  }
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = core::TimerClock::now() + std::chrono::minutes(1);
    while (!condition()) {
      if (core::TimerClock::now() > deadline) throw std::runtime_error("nothing happened");
      loop_.restart();
      loop_.run_one_for(std::chrono::milliseconds(100));
    }
  }

  service::Reply call(std::string_view name, json::object input, std::string payload = "") {
    for (const service::Operation& operation : service_->operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      context.request_id = "8f507cfc-0000-4000-8000-123456789012";
      context.payload = std::move(payload);
      return wait(operation.handler(context, std::move(input)));
    }
    ADD_FAILURE() << "no operation " << name;
    return {};
  }
  /// "Code: message" of the refusal.
  std::string refusal(std::string_view name, json::object input, std::string payload = "") {
    try {
      call(name, std::move(input), std::move(payload));
    } catch (const aws::ApiError& error) {
      return error.code() + ": " + error.message();
    }
    return "accepted";
  }

  static const std::string& function_zip() {
    static const std::string zip = [] {
      std::ifstream file(TANDEM_TEST_FUNCTION, std::ios::binary);
      const std::string program{std::istreambuf_iterator<char>(file), {}};
      return make_zip({{"bootstrap", program, S_IFREG | 0755}, {"data.txt", "data"}});
    }();
    return zip;
  }
  static json::object function_input(std::string_view name, const std::string& zip) {
    return {{"FunctionName", name},
            {"Runtime", "provided.al2023"},
            {"Handler", "bootstrap"},
            {"Role", kRole},
            {"Code", {{"ZipFile", core::base64_encode(zip)}}}};
  }
  void create(json::object more = {}, std::string_view name = "f") {
    json::object input = function_input(name, function_zip());
    for (const auto& [key, value] : more) input[key] = value;
    call("CreateFunction", std::move(input));
  }
  service::Reply invoke(std::string_view mode, json::object more = {}) {
    json::object input = {{"FunctionName", "f"}};
    for (const auto& [key, value] : more) input[key] = value;
    return call("Invoke", std::move(input), fmt::format("{{\"mode\":\"{}\"}}", mode));
  }
  const std::vector<std::string>& log_lines() { return logs_.all["/aws/lambda/f"]; }

  asio::io_context loop_;
  core::WorkerThreads pool_{2};
  core::SystemClock clock_;
  core::SystemRandom random_;
  service::Config config_;
  service::KeyRing keys_;
  CollectedLogs logs_;
  FakeObjects objects_;
  service::FakeRoles roles_;
  EventBus* events_ = nullptr;
  RuntimeSettings runtimes_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  std::filesystem::path folder_;
  std::unique_ptr<LambdaService> service_;
};

}  // namespace tandem::lambda
