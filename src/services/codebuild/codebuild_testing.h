// A region with CodeBuild alone, for this folder's tests: objects are a map, logs are texts.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "archive/unpack.h"
#include "archive/zip_writer.h"
#include "core/files.h"
#include "core/workers.h"
#include "service/key_ring.h"
#include "service/roles_testing.h"
#include "services/codebuild/room_testing.h"
#include "services/codebuild/service.h"
#include "store/engines.h"

namespace tandem::codebuild {

class FakeObjects final : public service::ObjectFiles {
 public:
  Task<service::StoredObject> read(service::ObjectPlace place, fs::path file, std::uint64_t,
                                   std::string caller) override {
    callers.push_back(std::move(caller));
    const auto found = objects.find(place.bucket + "/" + place.key);
    if (found == objects.end()) {
      throw aws::ApiError(404, "NoSuchKey", "The specified key does not exist.");
    }
    std::ofstream(file, std::ios::binary) << found->second;
    co_return service::StoredObject{"\"etag\"", place.version, found->second.size()};
  }
  Task<service::StoredObject> write(service::ObjectPlace place, fs::path file, json::object,
                                    std::string caller) override {
    callers.push_back(std::move(caller));
    if (!refusal.empty()) throw aws::ApiError(403, "AccessDenied", refusal);
    objects[place.bucket + "/" + place.key] = core::read_file(file);
    co_return service::StoredObject{"\"etag\"", "", 0};
  }

  std::map<std::string, std::string> objects;  ///< by "bucket/key"
  std::vector<std::string> callers;
  std::string refusal;  ///< of writes
};

class FakeLogs final : public LogSink {
 public:
  void write(std::string_view group, std::string_view stream, std::vector<LogLine> lines) override {
    if (broken) throw std::runtime_error("no log");
    std::string& text = texts[std::string(group) + "|" + std::string(stream)];
    for (const LogLine& line : lines) text += line.message;
  }
  std::map<std::string, std::string> texts;
  bool broken = false;
};

class TestRegion {
 public:
  TestRegion() : store(store::make_memory_store()), rooms(pool) {
    std::string pattern = fs::temp_directory_path() / "codebuild_test.XXXXXX";
    folder = mkdtemp(pattern.data());
    keys.own(service::KeyMint("world"), {service::KeyMint::functions_of("us-east-1")});
    start();
  }
  ~TestRegion() {
    stop();
    fs::remove_all(folder);
  }

  void start() {
    service::Environment environment{io.get_executor(), pool, clock, random, *store, folder, config,
                                     "us-east-1"};
    service = std::make_unique<CodeBuildService>(std::move(environment), keys,
                                                 CodeBuildPorts{logs, rooms, objects, roles, pool});
    service->start();
  }
  void stop() {
    if (service == nullptr) return;
    bool done = false;
    asio::co_spawn(io, service->stop(), [&](const std::exception_ptr&) { done = true; });
    run_until([&] { return done; });
    service.reset();
  }

  /// Steps until it is so; half a minute at most.
  bool run_until(const std::function<bool()>& so) {
    const auto till = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!so() && std::chrono::steady_clock::now() < till) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
    return so();
  }

  /// The answer, or {"Error": code, "Message": text}.
  json::object call(std::string_view name, json::object input, std::string caller = "") {
    for (const service::Operation& row : service->operations()) {
      if (row.name != name) continue;
      service::RequestContext context;
      context.caller.arn =
          caller.empty() ? "arn:aws:iam::123456789012:user/path/ana" : std::move(caller);
      json::object answer;
      bool done = false;
      asio::co_spawn(io, row.handler(context, std::move(input)),
                     [&](const std::exception_ptr& escaped, service::Reply reply) {
                       done = true;
                       answer = std::move(reply.output);
                       try {
                         if (escaped) std::rethrow_exception(escaped);
                       } catch (const aws::ApiError& error) {
                         answer = {{"Error", error.code()}, {"Message", error.message()}};
                       } catch (const store::StoreError& error) {
                         answer = {{"Error", "StoreError"}, {"Message", error.message}};
                       }
                     });
      run_until([&] { return done; });
      return answer;
    }
    return {{"Error", "no such operation"}};
  }

  json::object create(std::string_view buildspec, json::object more = {}) {
    json::object input{{"name", "app"}, {"serviceRole", "builder"}};
    input["source"] = json::object{{"type", "NO_SOURCE"}, {"buildspec", buildspec}};
    input["artifacts"] = json::object{{"type", "NO_ARTIFACTS"}};
    input["environment"] = json::object{{"type", "LINUX_CONTAINER"},
                                        {"image", "aws/codebuild/standard:7.0"},
                                        {"computeType", "BUILD_GENERAL1_SMALL"}};
    for (const auto& [name, value] : more) input[name] = value;
    return call("CreateProject", std::move(input));
  }

  std::string begin(json::object more = {}, std::string caller = "") {
    more["projectName"] = "app";
    const json::object answer = call("StartBuild", std::move(more), std::move(caller));
    const auto* build = json::find_object(answer, "build");
    return build == nullptr ? json::to_text(answer) : json::string_or(*build, "id");
  }
  json::object build(const std::string& id) {
    const json::object answer = call("BatchGetBuilds", {{"ids", json::array{json::string(id)}}});
    const auto* builds = json::find_array(answer, "builds");
    return builds == nullptr || builds->empty() ? answer : builds->at(0).as_object();
  }
  json::object finished(const std::string& id) {
    run_until([&] { return json::bool_or(build(id), "buildComplete", true); });
    return build(id);
  }
  json::object built(json::object more = {}, std::string caller = "") {
    return finished(begin(std::move(more), std::move(caller)));
  }

  std::string log() const {
    std::string all;
    for (const auto& [name, text] : logs.texts) all += text;
    return all;
  }

  /// "SUBMITTED=SUCCEEDED QUEUED=SUCCEEDED …".
  static std::string phases(const json::object& build) {
    std::string all;
    for (const json::value& each : build.at("phases").as_array()) {
      const json::object& phase = each.as_object();
      all += (all.empty() ? "" : " ") + json::string_or(phase, "phaseType") + "=" +
             json::string_or(phase, "phaseStatus", "-");
    }
    return all;
  }
  /// "CODE: message" of the first phase that has one.
  static std::string context(const json::object& build) {
    for (const json::value& each : build.at("phases").as_array()) {
      const auto* contexts = json::find_array(each.as_object(), "contexts");
      if (contexts == nullptr || contexts->empty()) continue;
      const json::object& first = contexts->at(0).as_object();
      if (!json::string_or(first, "statusCode").empty()) {
        return json::string_or(first, "statusCode") + ": " + json::string_or(first, "message");
      }
    }
    return "";
  }

  std::string zip(const std::map<std::string, std::string>& files) {
    const fs::path file = folder / "made.zip";
    fs::remove(file);
    archive::ZipWriter writer(file);
    for (const auto& [name, content] : files) writer.add_text(name, content);
    writer.close();
    return core::read_file(file);
  }
  std::optional<std::string> in_zip(const std::string& object, std::string_view name) {
    const fs::path file = folder / "read.zip";
    std::ofstream(file, std::ios::binary) << objects.objects[object];
    return archive::read_entry(file, name, 1'000'000);
  }

  asio::io_context io;
  core::WorkerThreads pool{2};
  core::SystemClock clock;
  core::SeededRandom random{1};
  std::unique_ptr<store::Store> store;
  service::Config config;
  service::KeyRing keys;
  fs::path folder;
  FakeRooms rooms;
  FakeObjects objects;
  FakeLogs logs;
  service::FakeRoles roles;
  std::unique_ptr<CodeBuildService> service;
};

}  // namespace tandem::codebuild
