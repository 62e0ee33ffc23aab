#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/world.h"
#include "core/clock.h"
#include "service/own_paths.h"
#include "topology/cloud.h"

namespace tandem::cli {
namespace {

constexpr std::chrono::seconds kTimeout{2};

struct ConflictOptions {
  std::string region;
  std::string table;
};

/// What a region says of its own lost writes. Throws NetError, or Failure when it says nothing of
/// the kind.
json::object ask(Client& client, const service::Config& config,
                 const service::RegionAddress& region) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/_tandem/conflicts";
  service::sign_own_path(request, region.address, config.credentials, core::SystemClock().now_s());
  const net::HttpResponse response = client.run(client.http().send(
      {.address = region.address, .port = config.ports.http}, std::move(request), kTimeout));
  const auto answer = json::parse_text(response.body);
  const bool known = response.status == 200 && answer && answer.value().is_object() &&
                     answer.value().as_object().contains("Conflicts");
  if (!known) throw Failure(kFailed, fmt::format("it answers {}", response.status));
  return answer.value().as_object();
}

/// What the regions that answer have lost, oldest first, and who does not answer and why.
struct Conflicts {
  std::vector<json::object> all;
  json::object totals;   ///< by region, of all tables
  json::object unknown;  ///< by region
  std::vector<std::string> asked;
};

Conflicts ask_all(Client& client, const service::Config& config, const ConflictOptions& options) {
  Conflicts found;
  for (const service::RegionAddress& region : config.regions) {
    if (!options.region.empty() && region.name != options.region) continue;
    std::string why;
    try {
      const json::object answer = ask(client, config, region);
      found.asked.push_back(region.name);
      const std::int64_t total = json::int_or(answer, "Total", 0);
      const auto& kept = answer.at("Conflicts").as_array();
      found.totals[region.name] = total;
      if (total > json::int_or(answer, "Kept", 0)) {
        remark(fmt::format("{} has lost {} writes in all; it keeps the newest {}", region.name,
                           total, kept.size()));
      }
      for (const auto& conflict : kept) found.all.push_back(conflict.as_object());
    } catch (const net::NetError& error) {
      why = error.message;
    } catch (const Failure& error) {
      why = error.what();
    }
    if (why.empty()) continue;
    remark(fmt::format("tandem: the lost writes of {} are not known: {}", region.name, why));
    found.unknown[region.name] = why;
  }
  std::erase_if(found.all, [&](const json::object& conflict) {
    return !options.table.empty() && json::string_or(conflict, "Table") != options.table;
  });
  const auto time_of = [](const json::object& conflict) {
    return json::string_or(*json::find_object(conflict, "Lost"), "Time");
  };
  std::ranges::stable_sort(found.all, {}, time_of);
  return found;
}

/// A typing error must not look like good news.
void check_table(Client& client, const Conflicts& found, const std::string& table) {
  if (table.empty() || !found.all.empty() || found.asked.empty()) return;
  topology::Cloud cloud(client.api());
  for (const std::string& region : found.asked) {
    if (client.run(cloud.table(region, table))) return;
  }
  throw Failure(kUsage, "no region that answers has a table " + table);
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

void print_text(const Conflicts& found, const ConflictOptions& options) {
  if (found.all.empty()) {
    // Of a region that was not asked nothing is known.
    if (found.asked.empty()) return;
    std::string regions;
    for (const std::string& region : found.asked) {
      regions += (regions.empty() ? "" : ", ") + region;
    }
    const std::string where = options.table.empty() ? "" : " to table " + options.table;
    print(fmt::format("No write of {}{} was lost to another region's.", regions, where));
    return;
  }
  std::vector<std::vector<std::string>> rows{{"LOST", "TO", "TABLE", "KEY"}};
  for (const json::object& conflict : found.all) {
    rows.push_back({version_text(conflict, "Lost"), version_text(conflict, "Winner"),
                    json::string_or(conflict, "Table"), key_text(conflict)});
  }
  print(table(rows));
}

int show(const Common& common, const ConflictOptions& options) {
  const auto world = topology::LocalWorld::open(common.file);
  if (!options.region.empty()) check_known(world, options.region);
  if (options.region == "global") throw Failure(kUsage, "global holds no tables; name a region");
  Client client(world.config());
  const Conflicts found = ask_all(client, world.config(), options);
  check_table(client, found, options.table);
  if (common.format() == Format::kJson) {
    json::array conflicts;
    for (const json::object& conflict : found.all) conflicts.push_back(conflict);
    print_json(json::object{
        {"total", found.totals}, {"conflicts", conflicts}, {"unknown", found.unknown}});
  } else {
    print_text(found, options);
  }
  return found.unknown.empty() ? 0 : kNotRunning;
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
