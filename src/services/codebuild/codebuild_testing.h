// A region with CodeBuild alone, for this folder's tests: rooms are folders in which /bin/sh runs,
// objects are a map, logs are texts.
#pragma once

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "archive/unpack.h"
#include "archive/zip_writer.h"
#include "core/files.h"
#include "core/workers.h"
#include "service/key_ring.h"
#include "services/codebuild/service.h"
#include "store/engines.h"

namespace tandem::codebuild {

namespace fs = std::filesystem;

/// A shell that is told what to do in files, one script a command: it keeps folder and exported
/// variables in files as well.
class FakeRoom final : public BuildRoom {
 public:
  FakeRoom(RoomOptions options, core::Workers& workers, std::size_t& open)
      : options_(std::move(options)), workers_(workers), open_(open) {
    fs::create_directories(options_.folder / "source");
    ++open_;
  }
  ~FakeRoom() override { --open_; }

  fs::path source_outside() const override { return options_.folder / "source"; }
  std::string source_inside() const override { return source_outside().string(); }
  Task<void> give_source() override { co_return; }

  Task<CommandEnd> run(Command command) override {
    if (killed_) co_return CommandEnd{0, SIGKILL};
    const fs::path script = options_.folder / "script";
    std::ofstream(script) << text_of(command);
    std::string output;
    auto work = [this, script, &output] { return execute(script, output); };
    const int status = co_await core::run_blocking(workers_, std::move(work));
    if (!output.empty()) options_.on_output(output);
    CommandEnd end;
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
    co_return end;
  }

  Task<std::vector<std::pair<std::string, std::string>>> variables() override {
    Command command;
    command.text = "env";
    std::string output;
    auto write = options_.on_output;
    options_.on_output = [&](std::string_view piece) { output += piece; };
    co_await run(std::move(command));
    options_.on_output = std::move(write);
    std::vector<std::pair<std::string, std::string>> all;
    std::size_t at = 0;
    while (at < output.size()) {
      const std::size_t end = output.find('\n', at);
      const std::string line = output.substr(at, end - at);
      const std::size_t equals = line.find('=');
      if (equals != std::string::npos) {
        all.emplace_back(line.substr(0, equals), line.substr(equals + 1));
      }
      at = end + 1;
    }
    co_return all;
  }

  void kill() override {
    killed_ = true;
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
  }
  Task<void> close() override {
    kill();
    fs::remove_all(options_.folder);
    co_return;
  }
  std::vector<std::string> remarks() const override { return {"A room of a test"}; }
  const RoomOptions& options() const { return options_; }

 private:
  std::string text_of(const Command& command) {
    const std::string kept = (options_.folder / "kept").string();
    const bool same = command.shell == Command::Shell::kSame;
    std::string text = "cd " + source_inside() + "\n";
    for (const auto& [name, value] : options_.environment) text += exported(name, value);
    if (same) text += "[ -f " + kept + " ] && . " + kept + "\n";
    for (const auto& [name, value] : command.variables) text += exported(name, value);
    if (same) text += "trap 'export -p > " + kept + "; echo cd \"$PWD\" >> " + kept + "' EXIT\n";
    return text + command.text + "\n";
  }
  static std::string exported(const std::string& name, const std::string& value) {
    return "export " + name + "='" + value + "'\n";
  }

  int execute(const fs::path& script, std::string& output) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::string shell = "/bin/sh";
    std::string file = script.string();
    char* arguments[] = {shell.data(), file.data(), nullptr};
    char* nothing[] = {nullptr};
    pid_t pid = 0;
    posix_spawn(&pid, shell.c_str(), &actions, &attributes, arguments, nothing);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    pid_ = pid;
    ::close(pipe[1]);
    if (killed_) ::kill(-pid, SIGKILL);
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(pipe[0], piece, sizeof piece)) > 0;) {
      output.append(piece, static_cast<std::size_t>(got));
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    pid_ = 0;
    return status;
  }

  RoomOptions options_;
  core::Workers& workers_;
  std::size_t& open_;
  std::atomic<pid_t> pid_ = 0;
  std::atomic<bool> killed_ = false;
};

class FakeRooms final : public BuildRooms {
 public:
  explicit FakeRooms(core::Workers& workers) : workers_(workers) {}
  Task<std::unique_ptr<BuildRoom>> open(RoomOptions options) override {
    if (!refusal.empty()) throw std::runtime_error(refusal);
    auto room = std::make_unique<FakeRoom>(std::move(options), workers_, open_rooms);
    last = room.get();
    ++opened;
    co_return room;
  }
  void sweep(const fs::path& folder) override { fs::remove_all(folder); }

  std::string refusal;
  std::size_t open_rooms = 0;
  int opened = 0;
  FakeRoom* last = nullptr;  ///< dangles once it is closed

 private:
  core::Workers& workers_;
};

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
    std::string& text = texts[std::string(group) + "|" + std::string(stream)];
    for (const LogLine& line : lines) text += line.message;
  }
  std::map<std::string, std::string> texts;
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
                                                 CodeBuildPorts{logs, rooms, objects});
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
  std::unique_ptr<CodeBuildService> service;
};

}  // namespace tandem::codebuild
