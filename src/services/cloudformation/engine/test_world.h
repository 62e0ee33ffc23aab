// A region with one resource type, Test::Thing, whose service is a fake: it records calls, fails
// where told to, and takes a moment so that concurrency shows. For this folder's tests.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/ids.h"
#include "service/roles_testing.h"
#include "services/cloudformation/api/operations.h"
#include "services/cloudformation/engine/engine.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/shape_text.h"
#include "store/engines.h"

namespace tandem::cloudformation {

class FakeThings final : public aws::Api {
 public:
  Task<aws::ApiResult> call(aws::ApiCall call) override {
    const std::string step = call.operation + ' ' + json::string_or(call.input, "LogicalId");
    calls.push_back(step);
    callers.push_back(call.caller);
    most_at_once = std::max(most_at_once, ++at_once);
    co_await core::sleep_for(std::chrono::milliseconds(1));
    --at_once;
    if (fail.contains(step)) {
      throw aws::ApiError(400, "ConflictException", refusal.empty() ? "refused " + step : refusal);
    }
    const std::string id = json::string_or(call.input, "Id");
    if (call.operation == "Create") {
      if (!things.insert(id).second) throw aws::ApiError(409, "ConflictException", "exists");
    } else if (things.count(id) == 0) {
      throw aws::ApiError(404, "NotFoundException", "gone");
    }
    if (call.operation == "Delete") things.erase(id);
    if (silent.contains(step)) co_await core::sleep_for(std::chrono::hours(24));
    if (unclear.contains(step)) throw aws::ApiError(500, "InternalFailure", "unclear " + step);
    aws::ApiResult result;
    result.output["Ready"] = !never_ready.contains(json::string_or(call.input, "LogicalId"));
    co_return result;
  }

  std::vector<std::string> calls;
  std::vector<std::string> callers;   ///< on whose behalf, of each of them
  std::set<std::string> fail;         ///< "Create A"
  std::string refusal;                ///< the message of what is in fail; empty: names the step
  std::set<std::string> silent;       ///< "Create A": it happens and is never answered
  std::set<std::string> unclear;      ///< "Create A": it happens and an error is answered
  std::set<std::string> never_ready;  ///< logical ids
  std::set<std::string> things;
  int at_once = 0;
  int most_at_once = 0;
};

class ThingHandler final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical made;
    made.id = json::find_string(properties, "Name").value_or(context.generated_name(60));
    made.attributes["Arn"] = "arn:" + made.id;
    context.intend(made);
    json::object output = co_await context.call("things", "Create", request(context, made));
    context.claim(made);
    while (!json::bool_or(output, "Ready", false)) {
      co_await context.pause();
      output = co_await context.call("things", "Get", request(context, made));
    }
    co_return made;
  }
  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    Physical found;
    found.id = std::move(identifier);
    found.attributes["Arn"] = "arn:" + found.id;
    co_await context.call("things", "Get", request(context, found));
    co_return found;
  }
  Task<Physical> update(HandlerContext& context, Physical physical, json::object,
                        json::object) const override {
    co_await context.call("things", "Update", request(context, physical));
    co_return physical;
  }
  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    co_await context.call("things", "Delete", request(context, physical));
  }

 private:
  static json::object request(const HandlerContext& context, const Physical& physical) {
    return {{"Id", physical.id}, {"LogicalId", context.identity().logical_id}};
  }
};

inline std::vector<ResourceType> thing_types() {
  std::vector<ResourceType> types;
  ResourceType type;
  type.name = "Test::Thing";
  type.shape = parse_shape(
      "Name^ : string; Kind^ : string; Value : string; Secret : string; -Missing;"
      "Tags : [{Key! : string; Value! : string}]");
  type.attributes = {"Arn"};
  type.name_property = "Name";
  type.primary_identifier = "Name";
  type.handler = std::make_unique<ThingHandler>();
  types.push_back(std::move(type));
  return types;
}

class TestWorld {
 public:
  TestWorld() : TestWorld(nullptr, thing_types()) {}
  /// With other types, whose service other_api stands for.
  TestWorld(aws::Api* other_api, std::vector<ResourceType> resource_types)
      : types(std::move(resource_types)), api(other_api == nullptr ? &things : other_api) {
    start();
  }
  ~TestWorld() { stop(); }

  /// Builds the engine over what the store holds, as a process does when it starts.
  void start() {
    service::Environment environment{io.get_executor(), pool, clock, random, *store, {}, config,
                                     "us-east-1"};
    engine = std::make_unique<Engine>(environment, *api, types);
    operations = std::make_unique<Operations>(*engine, *api, CloudFormationPorts{.roles = roles});
    table = operations->table();
    engine->resume();
  }
  void stop() {
    if (!engine) return;
    asio::co_spawn(io, engine->stop(), [](const std::exception_ptr&) {});
    settle();
    operations.reset();
    engine.reset();
  }
  /// Runs until nothing is left to do.
  void settle() {
    io.restart();
    io.run();
  }
  /// Runs until text was called of the fake.
  void run_until_called(const std::string& step) {
    io.restart();
    while (std::find(things.calls.begin(), things.calls.end(), step) == things.calls.end()) {
      if (io.run_one() == 0) break;
    }
  }

  /// Runs until so many things exist.
  void run_until_things(std::size_t count) {
    io.restart();
    while (things.things.size() != count) {
      if (io.run_one() == 0) break;
    }
  }
  /// Runs until an event begins so.
  void run_until_event(std::string_view text) {
    io.restart();
    const auto has_come = [&] {
      return std::ranges::any_of(events(),
                                 [&](const std::string& event) { return event.starts_with(text); });
    };
    while (!has_come()) {
      if (io.run_one() == 0) break;
    }
  }
  /// As when the process is killed and started again.
  void restart() {
    stop();
    things.silent.clear();
    things.unclear.clear();
    start();
    settle();
  }

  /// Without waiting for the answer, which stop() and settle() do.
  void begin(std::string_view name, json::object input) {
    const auto row = std::ranges::find(table, name, &service::Operation::name);
    asio::co_spawn(io, answered(&*row, &context, std::move(input)),
                   [](const std::exception_ptr& escaped, const json::object&) {
                     if (escaped) std::rethrow_exception(escaped);
                   });
  }
  /// The answer, or {"Error": code, "Message": text}.
  json::object call(std::string_view name, json::object input) {
    json::object answer;
    for (const service::Operation& row : table) {
      if (row.name != name) continue;
      bool done = false;
      asio::co_spawn(io, answered(&row, &context, std::move(input)),
                     [&](const std::exception_ptr& escaped, json::object got) {
                       if (escaped) std::rethrow_exception(escaped);
                       answer = std::move(got);
                       done = true;
                     });
      io.restart();
      while (!done && io.run_one() != 0) {
      }
      break;
    }
    return answer;
  }
  std::string message(std::string_view name, json::object input) {
    return json::string_or(call(name, std::move(input)), "Message", "no error");
  }

  json::object deploy(std::string_view body, std::string_view operation = "CreateStack",
                      json::object more = {}) {
    more["StackName"] = "shop";
    more["TemplateBody"] = body;
    json::object answer = call(operation, std::move(more));
    settle();
    return answer;
  }
  json::object stack(std::string_view name = "shop") {
    const json::object answer = call("DescribeStacks", {{"StackName", name}});
    const auto* stacks = json::find_array(answer, "Stacks");
    return stacks == nullptr ? answer : stacks->at(0).as_object();
  }
  std::string status(std::string_view name = "shop") {
    return json::string_or(stack(name), "StackStatus", json::string_or(stack(name), "Message"));
  }
  /// "<logical id> <status>[: reason]", oldest first.
  std::vector<std::string> events(std::string_view name = "shop") {
    std::vector<std::string> lines;
    const json::object answer = call("DescribeStackEvents", {{"StackName", name}});
    for (const auto& one : *json::find_array(answer, "StackEvents")) {
      const json::object& event = one.as_object();
      const std::string reason = json::string_or(event, "ResourceStatusReason");
      lines.insert(lines.begin(), json::string_or(event, "LogicalResourceId") + ' ' +
                                      json::string_or(event, "ResourceStatus") +
                                      (reason.empty() ? "" : ": " + reason));
    }
    return lines;
  }
  std::string physical(std::string_view logical_id) {
    const json::object answer =
        call("DescribeStackResource", {{"StackName", "shop"}, {"LogicalResourceId", logical_id}});
    const auto* detail = json::find_object(answer, "StackResourceDetail");
    return detail == nullptr ? "" : json::string_or(*detail, "PhysicalResourceId");
  }

  service::FakeRoles roles;
  asio::io_context io;
  core::WorkerThreads pool{1};
  core::SystemClock clock;
  core::SeededRandom random{7};
  std::unique_ptr<store::Store> store = store::make_memory_store();
  service::Config config;
  FakeThings things;
  ResourceTypes types;
  aws::Api* api;
  service::RequestContext context;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Operations> operations;
  std::vector<service::Operation> table;

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
    }
    co_return output;
  }
};

}  // namespace tandem::cloudformation
