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

/// What tools ask when global does not answer.
struct Instead {
  service::RegionAddress region;  ///< the home region, or one that answers
  std::string why;                ///< what is wrong with global
};

/// Tools ask the home region unless they are told of another. One that is silent was named already.
void warn_of_home(const std::vector<topology::ProcessState>& regions, const std::string& home) {
  for (const topology::ProcessState& region : regions) {
    if (region.name != home || region.life != topology::Life::kStopped) continue;
    remark(
        fmt::format("tandem: {}\ntandem: until then tools that ask no other region get no answer",
                    topology::advice(region)));
  }
}

/// Nothing: global answers. Throws when nobody does.
std::optional<Instead> region_instead(const topology::LocalWorld& world, const std::string& home) {
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
  if (missing.empty()) {
    warn_of_home(regions, home);
    return std::nullopt;
  }
  const auto stopped = [](const topology::ProcessState& process) {
    return process.life == topology::Life::kStopped;
  };
  if (std::ranges::none_of(regions, &topology::ProcessState::answers)) {
    throw Failure(kNotRunning, std::ranges::all_of(regions, stopped)
                                   ? "nothing runs here; 'tandem up' starts it"
                                   : missing);
  }
  std::ranges::stable_sort(regions, std::greater(), [&](const topology::ProcessState& region) {
    return std::pair(region.answers(), region.name == home);
  });
  const topology::ProcessState& chosen = regions.front();
  return Instead{{.name = chosen.name, .address = chosen.address}, missing};
}

/// Before the command is looked for and executed, in this process. False: it has stayed where it
/// was, and it was said why.
bool go_where_names_lead_here(const topology::LocalWorld& world, const topology::Topology& topology,
                              const std::map<std::string, std::string>& environment) {
  if (const auto outer = inside_exec_of()) {
    if (*outer == world.folder()) return true;
    remark(
        fmt::format("tandem: names lead to {}, under whose exec this runs; variables alone lead "
                    "tools to {}",
                    outer->parent_path().string(), world.folder().parent_path().string()));
    return false;
  }
  const std::string& roots = environment.at("CURL_CA_BUNDLE");
  // Only the local authority's own, when the bundle could not be written.
  const bool all = roots != world.ca_file().string();
  const std::string why = enter_named_network(world, topology, all ? roots : "");
  if (why.empty()) return true;
  remark(
      fmt::format("tandem: AWS's names are not led here, variables alone lead tools here: {} "
                  "('--network host' asks for no more, and this line is gone)",
                  why));
  return false;
}

/// What is different as long as global does not answer.
void say(const Instead& instead, bool names) {
  remark(fmt::format("tandem: {}\ntandem: until then there is neither Route 53 nor IAM{}",
                     instead.why,
                     names ? ", and tools ask each region by its name"
                           : fmt::format("; tools ask {} itself, which serves no other region",
                                         instead.region.name)));
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
    const auto region = instead ? std::optional(instead->region) : std::nullopt;
    for (const char* name : kMisleading) unsetenv(name);
    const auto environment = tool_environment(world, topology, region);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    const bool names =
        *network == "names" && go_where_names_lead_here(world, topology, environment);
    if (instead) say(*instead, names);
    if (instead && names) {
      // Of one region it would be, and keep tools from the others, which names lead to.
      unsetenv("AWS_ENDPOINT_URL");
    } else {
      point_old_cli_here(words, environment.at("AWS_ENDPOINT_URL"));
    }
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
