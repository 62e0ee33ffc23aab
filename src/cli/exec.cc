#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/exec_network.h"
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

/// What tools ask when global does not answer: the home region, or one that does. Nothing: global
/// answers. Throws when nobody does.
std::optional<service::RegionAddress> region_instead(const topology::LocalWorld& world,
                                                     const std::string& home) {
  std::vector<topology::ProcessState> regions;
  std::string missing;
  for (auto& process : world.processes()) {
    if (process.name != "global") {
      regions.push_back(std::move(process));
    } else if (!process.answers()) {
      missing = topology::advice(process);
    }
  }
  all_answer(regions);
  if (missing.empty()) return std::nullopt;
  if (std::ranges::none_of(regions, &topology::ProcessState::answers)) {
    throw Failure(kNotRunning, missing);
  }
  std::ranges::stable_sort(regions, std::greater(), [&](const topology::ProcessState& region) {
    return std::pair(region.answers(), region.name == home);
  });
  const topology::ProcessState& chosen = regions.front();
  remark(
      fmt::format("tandem: {}\ntandem: until then tools ask {} itself, which serves no other "
                  "region, and neither Route 53 nor IAM",
                  missing, chosen.name));
  return service::RegionAddress{.name = chosen.name, .address = chosen.address};
}

/// Before the command is looked for and executed, in this process.
void go_where_names_lead_here(const topology::LocalWorld& world, const topology::Topology& topology,
                              const std::map<std::string, std::string>& environment) {
  const std::string& roots = environment.at("CURL_CA_BUNDLE");
  // Only the local authority's own, when the bundle could not be written.
  const bool all = roots != world.ca_file().string();
  const std::string why = enter_named_network(world, topology, all ? roots : "");
  if (why.empty()) return;
  remark(
      fmt::format("tandem: AWS's names are not led here, variables alone lead tools here: {}; "
                  "'--network host' asks for that",
                  why));
}

}  // namespace

void add_exec(CLI::App& app, Common& common, std::vector<std::string> after_mark) {
  auto* command =
      app.add_subcommand("exec", "Run a tool against the local regions: tandem exec -- aws s3 ls");
  // The tool's own flags are its own: whatever follows its name is passed on as it is.
  command->prefix_command()->fallthrough(false);
  add_common_options(*command, common);
  const auto network = std::make_shared<std::string>("names");
  command
      ->add_option("--network", *network,
                   "names: AWS's names and the application's lead here, everything else is as on "
                   "this machine; host: this machine's network, where variables alone lead tools "
                   "here")
      ->check(CLI::IsMember({"names", "host"}))
      ->capture_default_str();
  command->callback([&common, command, network, rest = std::move(after_mark)] {
    std::vector<std::string> words = command->remaining();
    words.insert(words.end(), rest.begin(), rest.end());
    if (words.empty()) {
      throw Failure(kUsage, "name the command to run, as in: tandem exec -- aws s3 ls");
    }
    const auto world = topology::LocalWorld::open(common.file);
    const auto topology = load_settled(common, world);
    const auto instead = region_instead(world, topology.home);
    for (const char* name : kMisleading) unsetenv(name);
    const auto environment = tool_environment(world, topology, instead);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    point_old_cli_here(words, environment.at("AWS_ENDPOINT_URL"));
    if (*network == "names") go_where_names_lead_here(world, topology, environment);
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
