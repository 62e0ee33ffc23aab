// Opens builds' rooms beside a running world and does what it is told, a JSON object a line:
//   {"open": name, "environment": {…}, "memory_mib": 4096}
//     → {"source", "inside", "remarks"} or {"refused": why}
//   {"run": name, "text", "new", "interpreter", "user", "variables"} → {"code", "signal", "output"}
//   {"start": name, "text"}                   → {} at once; what comes of it is {"run"}'s answer
//   {"variables": name}, {"give": name}, {"kill": name}, {"close": name}, {"sweep": true}
// As a region does it, but for what is asked of AWS: that goes to the world's regions over HTTP.
//
// room_driver STATE_FOLDER OWN_FOLDER TANDEM
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/streambuf.hpp>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <istream>
#include <map>
#include <unistd.h>

#include "core/files.h"
#include "core/json.h"
#include "region/build_rooms.h"
#include "service/process.h"

namespace tandem::region {
namespace {

namespace fs = std::filesystem;

std::vector<std::pair<std::string, std::string>> pairs(const json::object* in) {
  std::vector<std::pair<std::string, std::string>> all;
  if (in == nullptr) return all;
  for (const auto& [name, value] : *in) all.emplace_back(name, json::to_std(value));
  return all;
}

class Driver {
 public:
  Driver(service::Node& node, fs::path folder, std::string program)
      : node_(node),
        network_(
            node, "none", {},
            [](net::HttpRequest) -> Task<net::HttpResponse> { co_return net::HttpResponse(); }),
        rooms_(node, network_, std::move(program)),
        folder_(std::move(folder)),
        tasks_(node.world().executor) {
    fs::create_directories(folder_);
  }

  void begin() { tasks_.spawn("driver", serve(this)); }

 private:
  struct Opened {
    std::unique_ptr<codebuild::BuildRoom> room;
    std::string output;
    std::optional<json::object> started;
  };

  static Task<void> serve(Driver* self) {
    asio::posix::stream_descriptor input(self->node_.world().executor, ::dup(STDIN_FILENO));
    asio::streambuf buffer;
    for (;;) {
      boost::system::error_code error;
      co_await asio::async_read_until(input, buffer, '\n',
                                      asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      std::istream stream(&buffer);
      std::string line;
      std::getline(stream, line);
      json::object answer = co_await self->obey(json::parse_text(line).value().as_object());
      std::cout << json::to_text(answer) << std::endl;
    }
    while (!self->opened_.empty()) co_await self->close(self->opened_.begin()->first);
    ::raise(SIGTERM);
  }

  Task<json::object> obey(json::object wanted) {
    if (json::find(wanted, "open") != nullptr) co_return co_await open(wanted);
    if (json::find(wanted, "sweep") != nullptr) {
      rooms_.sweep(folder_);
      co_return json::object();
    }
    const std::string verb(wanted.begin()->key());
    Opened& opened = *opened_.at(json::string_or(wanted, verb));
    if (verb == "run") co_return co_await run(&opened, wanted);
    if (verb == "give") co_await opened.room->give_source();
    if (verb == "kill") opened.room->kill();
    if (verb == "close") co_await close(json::string_or(wanted, verb));
    if (verb == "output") co_return json::object{{"output", opened.output}};
    json::object answer;
    if (verb == "start") {
      tasks_.spawn("a command", start(this, &opened, wanted));
    } else if (verb == "await") {
      while (!opened.started) co_await core::sleep_for(std::chrono::milliseconds(5));
      answer = std::move(*opened.started);
      opened.started.reset();
    } else if (verb == "variables") {
      for (const auto& [name, value] : co_await opened.room->variables()) answer[name] = value;
    }
    co_return answer;
  }

  Task<json::object> open(json::object wanted) {
    const std::string name = json::string_or(wanted, "open");
    auto opened = std::make_unique<Opened>();
    codebuild::RoomOptions options;
    options.name = name;
    options.folder = folder_ / name;
    options.environment = pairs(json::find_object(wanted, "environment"));
    options.memory_bytes = json::int_or(wanted, "memory_mib", 4096) << 20;
    options.compute_type = "BUILD_GENERAL1_SMALL";
    options.credentials = [] {
      return codebuild::RoleCredentials{"ASIAROOM", "secret", "token", 1'900'000'000,
                                        "arn:aws:iam::123456789012:role/builder"};
    };
    options.on_output = [out = &opened->output](std::string_view bytes) { *out += bytes; };
    json::object answer;
    try {
      opened->room = co_await rooms_.open(std::move(options));
      answer["source"] = opened->room->source_outside().string();
      answer["inside"] = opened->room->source_inside();
      json::array remarks;
      for (const std::string& each : opened->room->remarks()) remarks.emplace_back(each);
      answer["remarks"] = std::move(remarks);
      opened_.insert_or_assign(name, std::move(opened));
    } catch (const std::exception& error) {
      answer["refused"] = error.what();
    }
    co_return answer;
  }

  static Task<json::object> run(Opened* opened, json::object wanted) {
    codebuild::Command command;
    command.text = json::string_or(wanted, "text");
    command.shell = json::bool_or(wanted, "new", false) ? codebuild::Command::Shell::kNew
                                                        : codebuild::Command::Shell::kSame;
    command.interpreter = json::string_or(wanted, "interpreter", "/bin/sh");
    command.user = json::string_or(wanted, "user");
    command.variables = pairs(json::find_object(wanted, "variables"));
    opened->output.clear();
    const codebuild::CommandEnd end = co_await opened->room->run(std::move(command));
    co_return json::object{{"code", end.code}, {"signal", end.signal}, {"output", opened->output}};
  }

  static Task<void> start(Driver*, Opened* opened, json::object wanted) {
    opened->started = co_await run(opened, std::move(wanted));
  }

  Task<void> close(std::string name) {
    co_await opened_.at(name)->room->close();
    opened_.erase(name);
  }

  service::Node& node_;
  InsideNetwork network_;
  RegionBuildRooms rooms_;
  fs::path folder_;
  std::map<std::string, std::unique_ptr<Opened>> opened_;
  core::TaskGroup tasks_;
};

int drive(const fs::path& state, const fs::path& own, const std::string& program) {
  auto config = service::Config::from_json(core::read_file(state / "config.json")).value();
  fs::create_directories(own / "rooms");
  fs::copy(state / "ca", own / "ca", fs::copy_options::recursive);
  config.state_folder = own;
  service::Node::Options options{
      .name = "rooms", .region = config.regions.front().name, .address = "127.0.0.1"};
  service::Process process(config, options);
  service::Node node(process.world(), config, options);
  Driver driver(node, own / "builds", program);
  process.run(node, [&driver] { driver.begin(); });
  return 0;
}

}  // namespace
}  // namespace tandem::region

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return tandem::region::drive(argv[1], argv[2], argv[3]);
}
