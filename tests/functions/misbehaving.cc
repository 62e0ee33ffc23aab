// A function that does what the event's "mode" says: answer, crash, hang, flood its log, eat
// memory, fork, look around, answer nonsense.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tandem/lambda_runtime.h"

namespace {

using tandem::lambda_runtime::Handler;
using tandem::lambda_runtime::Invocation;
using tandem::lambda_runtime::json_quote;
using tandem::lambda_runtime::Response;

/// The text after "name":" up to the next quote; good enough for test events.
std::string member(const std::string& event, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const std::size_t begin = event.find(key);
  if (begin == std::string::npos) return "";
  const std::size_t from = begin + key.size();
  return event.substr(from, event.find('"', from) - from);
}

std::string list_folder(const std::string& path) {
  std::string names = "[";
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return json_quote(std::strerror(errno));
  while (const dirent* each = ::readdir(folder)) {
    if (each->d_name[0] == '.') continue;
    if (names.size() > 1) names += ",";
    names += json_quote(each->d_name);
  }
  ::closedir(folder);
  return names + "]";
}

std::string try_write(const std::string& path) {
  std::ofstream file(path);
  file << "x";
  file.close();
  return json_quote(file ? "written" : std::strerror(errno));
}

Response look_around(const Invocation& invocation) {
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  std::string processes = list_folder("/proc");
  return Response::success(
      "{\"root\":" + list_folder("/") + ",\"task\":" + list_folder("/var/task") +
      ",\"home\":" + list_folder("/root") + ",\"tmp\":" + try_write("/tmp/file") +
      ",\"code\":" + try_write("/var/task/file") + ",\"outside\":" + try_write("/file") +
      ",\"named\":" + list_folder(member(invocation.payload, "path")) +
      ",\"uid\":" + std::to_string(::getuid()) + ",\"processes\":" + processes +
      ",\"descriptors\":" + std::to_string(descriptors.rlim_cur) + "}");
}

Response environment(const Invocation& invocation) {
  std::string out = "{\"deadline\":" + std::to_string(invocation.deadline_ms) +
                    ",\"arn\":" + json_quote(invocation.function_arn) +
                    ",\"context\":" + json_quote(invocation.client_context);
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string text = *each;
    const std::size_t equals = text.find('=');
    out += "," + json_quote(text.substr(0, equals)) + ":" + json_quote(text.substr(equals + 1));
  }
  return Response::success(out + "}");
}

Response flood(const Invocation&) {
  const std::string line(1'000, 'x');
  for (int i = 0; i < 100'000; ++i) std::printf("%s\n", line.c_str());
  return Response::success("\"flooded\"");
}

Response eat_memory(const Invocation&) {
  std::vector<std::string> eaten;
  while (true) {
    eaten.emplace_back(8 * 1024 * 1024, 'x');
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Response use_memory(const Invocation&) {
  const std::string used(60 * 1024 * 1024, 'x');
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  return Response::success(std::to_string(used.size()));
}

Response fork_until_refused(const Invocation&) {
  for (int made = 0;; ++made) {
    const pid_t child = ::fork();
    if (child < 0) return Response::success(std::to_string(made));
    if (child == 0) std::this_thread::sleep_for(std::chrono::hours(1));
  }
}

Response sleep_for(const Invocation& invocation) {
  std::this_thread::sleep_for(
      std::chrono::milliseconds(std::atoi(member(invocation.payload, "ms").c_str())));
  return Response::success(json_quote(invocation.request_id));
}

Response print(const Invocation& invocation) {
  std::printf("to standard output\nand more");
  std::fflush(stdout);
  std::fputs("to standard error\n", stderr);
  return Response::success(invocation.payload);
}

int count = 0;

const std::map<std::string, std::function<Response(const Invocation&)>>& modes() {
  static const std::map<std::string, std::function<Response(const Invocation&)>> all = {
      {"echo", [](const Invocation& each) { return Response::success(each.payload); }},
      {"count", [](const Invocation&) { return Response::success(std::to_string(++count)); }},
      {"print", print},
      {"crash", [](const Invocation&) -> Response { std::abort(); }},
      {"segfault",
       [](const Invocation&) -> Response {
         ::raise(SIGSEGV);
         std::abort();
       }},
      {"exit", [](const Invocation&) -> Response { std::_Exit(1); }},
      {"exit0", [](const Invocation&) -> Response { std::_Exit(0); }},
      {"throw", [](const Invocation&) -> Response { throw std::runtime_error("no \"luck\""); }},
      {"hang",
       [](const Invocation&) -> Response {
         while (true) ::pause();
       }},
      {"sleep", sleep_for},
      {"flood", flood},
      {"eat", eat_memory},
      {"use", use_memory},
      {"fork", fork_until_refused},
      {"nonsense", [](const Invocation&) { return Response::success("}{ not JSON \xff"); }},
      {"big",
       [](const Invocation&) {
         return Response::success("\"" + std::string(7'000'000, 'x') + "\"");
       }},
      {"look", look_around},
      {"environment", environment},
  };
  return all;
}

Response handle(const Invocation& invocation) {
  const auto found = modes().find(member(invocation.payload, "mode"));
  if (found == modes().end()) return Response::success(invocation.payload);
  return found->second(invocation);
}

Handler initialise() {
  const char* mode = std::getenv("INIT_MODE");
  const std::string text = mode == nullptr ? "" : mode;
  if (text == "throw") throw std::runtime_error("cannot start");
  if (text == "exit") std::_Exit(3);
  while (text == "hang") ::pause();
  if (text == "slow") std::this_thread::sleep_for(std::chrono::seconds(2));
  return handle;
}

}  // namespace

int main() { return tandem::lambda_runtime::run(std::function<Handler()>(initialise)); }
