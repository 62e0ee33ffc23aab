// A region around CodePipeline whose services are fakes and whose time moves when nothing is left
// to do. For this folder's tests.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "archive/zip_writer.h"
#include "core/ids.h"
#include "service/roles_testing.h"
#include "services/codepipeline/aws_testing.h"
#include "services/codepipeline/declarations_testing.h"
#include "services/codepipeline/fakes_testing.h"
#include "services/codepipeline/service.h"
#include "store/engines.h"

namespace tandem::codepipeline {

class TestWorld {
 public:
  explicit TestWorld(std::uint64_t seed = 7) : random(seed) {
    folder = std::filesystem::temp_directory_path() /
             ("codepipeline-test-" + core::random_text(unseeded_, 12, core::kLowerAlnum));
    std::filesystem::create_directories(folder);
    start();
  }
  ~TestWorld() {
    stop();
    std::filesystem::remove_all(folder);
  }

  /// Builds the service over what the store holds, as a process does when it starts.
  void start() {
    service::Environment environment{
        io.get_executor(), workers, clock, random, store, folder, config, "us-east-1"};
    service = std::make_unique<CodePipelineService>(
        environment, CodePipelinePorts{aws, objects, roles, git, events});
    service->start();
  }
  /// Nothing that waits goes on.
  void stop() {
    if (!service) return;
    bool stopped = false;
    asio::co_spawn(io, service->stop(), [&](const std::exception_ptr&) { stopped = true; });
    io.restart();
    while (!stopped && io.poll_one() != 0) {
    }
    service.reset();
    io.restart();
    while (io.poll_one() != 0) {
    }
  }
  /// As when the process is killed and started again.
  void restart() {
    stop();
    start();
  }

  /// One step of whatever can go on; time moves when nothing can. False: nothing is left.
  bool step() {
    io.restart();
    return io.poll_one() != 0 || time.advance();
  }
  /// False when it did not come to that within so much time.
  template <class Condition>
  bool run_until(Condition condition, std::chrono::hours most = std::chrono::hours(24 * 30)) {
    const core::TimePoint end = time.now() + most;
    while (!condition()) {
      if (time.now() > end || !step()) return false;
    }
    return true;
  }
  void run_for(std::chrono::milliseconds duration) {
    const core::TimePoint end = time.now() + duration;
    core::Timer timer(io.get_executor(), duration);
    timer.async_wait([](const boost::system::error_code&) {});
    while (time.now() < end && step()) {
    }
  }

  /// The answer, or {"Error": code, "Message": text}.
  json::object call(std::string_view name, json::object input) {
    json::object answer;
    for (const service::Operation& row : service->operations()) {
      if (row.name != name) continue;
      bool done = false;
      asio::co_spawn(io, answered(&row, &context, std::move(input)),
                     [&](const std::exception_ptr& escaped, json::object got) {
                       done = true;
                       if (escaped) std::rethrow_exception(escaped);
                       answer = std::move(got);
                     });
      io.restart();
      while (!done && io.poll_one() != 0) {
      }
      return answer;
    }
    throw std::logic_error("there is no operation of that name");
  }
  std::string message(std::string_view name, json::object input) {
    return json::string_or(call(name, std::move(input)), "Message", "no error");
  }

  std::string begin(std::string_view pipeline = "shop") {
    return json::string_or(call("StartPipelineExecution", {{"name", pipeline}}),
                           "pipelineExecutionId");
  }
  /// Oldest first.
  std::vector<json::object> executions(std::string_view pipeline = "shop") {
    const json::object answer = call("ListPipelineExecutions", {{"pipelineName", pipeline}});
    std::vector<json::object> list;
    const auto* summaries = json::find_array(answer, "pipelineExecutionSummaries");
    for (std::size_t i = summaries == nullptr ? 0 : summaries->size(); i > 0; --i) {
      list.push_back(summaries->at(i - 1).as_object());
    }
    return list;
  }
  std::vector<std::string> statuses(std::string_view pipeline = "shop") {
    std::vector<std::string> list;
    for (const json::object& one : executions(pipeline)) {
      list.push_back(json::string_or(one, "status"));
    }
    return list;
  }
  std::string status(const std::string& id, std::string_view pipeline = "shop") {
    const json::object answer =
        call("GetPipelineExecution", {{"pipelineName", pipeline}, {"pipelineExecutionId", id}});
    const auto* execution = json::find_object(answer, "pipelineExecution");
    return execution == nullptr ? json::string_or(answer, "Error")
                                : json::string_or(*execution, "status");
  }
  /// Runs until the execution has ended; its status then.
  std::string end_of(const std::string& id, std::string_view pipeline = "shop") {
    run_until([&] {
      const std::string now = status(id, pipeline);
      return now != "InProgress" && now != "Stopping";
    });
    return status(id, pipeline);
  }
  json::object stage(std::string_view name, std::string_view pipeline = "shop") {
    const json::object state = call("GetPipelineState", {{"name", pipeline}});
    const auto* stages = json::find_array(state, "stageStates");
    for (std::size_t i = 0; stages != nullptr && i < stages->size(); ++i) {
      const json::object& one = stages->at(i).as_object();
      if (json::string_or(one, "stageName") == name) return one;
    }
    return {};
  }
  /// latestExecution of an action.
  json::object action(std::string_view stage_name, std::string_view name,
                      std::string_view pipeline = "shop") {
    const json::object of_stage = stage(stage_name, pipeline);
    const auto* actions = json::find_array(of_stage, "actionStates");
    for (std::size_t i = 0; actions != nullptr && i < actions->size(); ++i) {
      const json::object& one = actions->at(i).as_object();
      const auto* latest = json::find_object(one, "latestExecution");
      if (json::string_or(one, "actionName") == name && latest != nullptr) return *latest;
    }
    return {};
  }
  std::string action_status(std::string_view stage_name, std::string_view name) {
    return json::string_or(action(stage_name, name), "status");
  }
  void approve(std::string_view stage_name, std::string_view name, std::string_view verdict) {
    call("PutApprovalResult", {{"pipelineName", "shop"},
                               {"stageName", stage_name},
                               {"actionName", name},
                               {"result", {{"status", verdict}, {"summary", "said"}}},
                               {"token", json::string_or(action(stage_name, name), "token")}});
  }

  std::string zip_of(const std::string& name, const std::string& content) {
    const std::filesystem::path file = folder / "made.zip";
    std::filesystem::remove(file);
    archive::ZipWriter zip(file);
    zip.add_text(name, content);
    zip.close();
    return core::read_file(file);
  }

  VirtualTime time;
  core::ScopedTimeSource scope{time};
  VirtualClock clock{time};
  asio::io_context io;
  InlineWorkers workers;
  core::SeededRandom random;
  std::unique_ptr<store::Store> whole_store = store::make_memory_store();
  FlakyStore store{*whole_store};
  service::Config config;
  std::filesystem::path folder;
  FakeAws aws{clock};
  FakeObjects objects;
  service::FakeRoles roles;
  FakeGit git;
  FakeEvents events;
  service::RequestContext context;
  std::unique_ptr<CodePipelineService> service;

 private:
  static Task<json::object> answered(const service::Operation* row,
                                     service::RequestContext* context, json::object input) {
    json::object output;
    try {
      service::Reply reply = co_await row->handler(*context, std::move(input));
      output = std::move(reply.output);
    } catch (const aws::ApiError& error) {
      output["Error"] = error.code();
      output["Message"] = error.message();
    } catch (const store::StoreError&) {
      output["Error"] = "StoreError";
    }
    co_return output;
  }

  core::SystemRandom unseeded_;
};

}  // namespace tandem::codepipeline
