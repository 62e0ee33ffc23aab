#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"
#include "core/clock.h"
#include "service/own_paths.h"

namespace tandem::cli {
namespace {

constexpr std::chrono::seconds kTimeout{10};

struct ConflictOptions {
  std::string region;
  std::string table;
};

/// What a region says of its own lost writes.
json::object ask(Client& client, const service::Config& config,
                 const service::RegionAddress& region) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/_tandem/conflicts";
  service::sign_own_path(request, region.address, config.credentials, core::SystemClock().now_s());
  const net::HttpResponse response = client.run(client.http().send(
      {.address = region.address, .port = config.ports.http}, std::move(request), kTimeout));
  const auto answer = json::parse_text(response.body);
  if (response.status != 200 || !answer || !answer.value().is_object()) {
    throw Failure(kFailed, fmt::format("{} does not tell its lost writes ({})", region.name,
                                       response.status));
  }
  return answer.value().as_object();
}

/// "id=S:a, at=N:7".
std::string key_text(const json::object& conflict) {
  std::string text;
  const auto* key = json::find_object(conflict, "Key");
  if (key == nullptr) return text;
  for (const auto& [name, value] : *key) {
    for (const auto& [type, of] : value.as_object()) {
      text += fmt::format("{}{}={}:{}", text.empty() ? "" : ", ", std::string_view(name),
                          std::string_view(type), json::to_std(of));
    }
  }
  return text;
}

std::string version_text(const json::object& conflict, std::string_view member) {
  const auto* version = json::find_object(conflict, member);
  if (version == nullptr) return "";
  return fmt::format("{} {} {}", json::string_or(*version, "Time"),
                     json::string_or(*version, "Region"), json::string_or(*version, "Operation"));
}

int show(const Common& common, const ConflictOptions& options) {
  const auto world = topology::LocalWorld::open(common.file);
  if (!options.region.empty()) check_known(world, options.region);
  if (options.region == "global") throw Failure(kUsage, "global holds no tables; name a region");
  Client client(world.config());
  json::array conflicts;
  json::object totals;
  bool all_asked = true;
  for (const service::RegionAddress& region : world.config().regions) {
    if (!options.region.empty() && region.name != options.region) continue;
    try {
      const json::object answer = ask(client, world.config(), region);
      totals[region.name] = json::int_or(answer, "Total", 0);
      for (const auto& conflict : answer.at("Conflicts").as_array()) {
        const bool wanted = options.table.empty() ||
                            json::string_or(conflict.as_object(), "Table") == options.table;
        if (wanted) conflicts.push_back(conflict);
      }
    } catch (const net::NetError& error) {
      remark(fmt::format("tandem: the lost writes of {} are not known: {}", region.name,
                         error.message));
      all_asked = false;
    }
  }
  if (common.format() == Format::kJson) {
    print_json(json::object{{"total", totals}, {"conflicts", conflicts}});
  } else if (conflicts.empty()) {
    print("No write was lost to another region's.");
  } else {
    std::vector<std::vector<std::string>> rows{{"LOST", "TO", "TABLE", "KEY"}};
    for (const auto& value : conflicts) {
      const json::object& conflict = value.as_object();
      rows.push_back({version_text(conflict, "Lost"), version_text(conflict, "Winner"),
                      json::string_or(conflict, "Table"), key_text(conflict)});
    }
    print(table(rows));
  }
  return all_asked ? 0 : kNotRunning;
}

}  // namespace

void add_conflicts(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "conflicts", "Writes that last writer wins threw away before anybody had seen them");
  auto options = std::make_shared<ConflictOptions>();
  command->add_option("--region", options->region, "Only those that this region lost");
  command->add_option("--table", options->table, "Only those of this table");
  command->callback([&common, &exit_code, options] { exit_code = show(common, *options); });
}

}  // namespace tandem::cli
