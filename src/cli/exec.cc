#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/world.h"

namespace tandem::cli {
namespace {

/// AWS CLIs before 1.29 and 2.13 (Debian's among them) do not read AWS_ENDPOINT_URL and would leave
/// for amazonaws.com without a word; the flag they all know.
void point_old_cli_here(std::vector<std::string>& words, const std::string& endpoint) {
  constexpr std::string_view kFlag = "--endpoint-url";
  if (std::filesystem::path(words.front()).filename() != "aws") return;
  for (const std::string& word : words) {
    if (word.starts_with(kFlag)) return;
  }
  words.insert(words.begin() + 1, {std::string(kFlag), endpoint});
}

}  // namespace

void add_exec(CLI::App& app, Common& common, std::vector<std::string> words) {
  auto* command =
      app.add_subcommand("exec", "Run a tool against the local regions: tandem exec -- aws s3 ls");
  // The tool's own flags are its own: whatever follows its name is passed on as it is.
  command->prefix_command()->fallthrough(false);
  add_common_options(*command, common);
  command->callback([&common, command, after_mark = std::move(words)] {
    std::vector<std::string> words = command->remaining();
    words.insert(words.end(), after_mark.begin(), after_mark.end());
    if (words.empty()) {
      throw Failure(kUsage, "name the command to run, as in: tandem exec -- aws s3 ls");
    }
    const auto world = topology::LocalWorld::open(common.file);
    const auto topology = load_settled(common, world);
    check_running(world, "global");
    for (const char* name : kMisleading) unsetenv(name);
    const auto environment = tool_environment(world, topology);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    point_old_cli_here(words, environment.at("AWS_ENDPOINT_URL"));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execvp(arguments.front(), arguments.data());
    const int error = errno;
    throw Failure(error == ENOENT ? 127 : 126,
                  "cannot run " + words.front() + ": " + std::strerror(error));
  });
}

}  // namespace tandem::cli
