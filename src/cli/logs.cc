#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fstream>

#include "cli/commands.h"
#include "cli/world.h"
#include "core/clock.h"

namespace tandem::cli {
namespace {

struct LogOptions {
  std::string region;
  std::size_t limit = 100;
  bool process = false;
};

struct Line {
  std::int64_t timestamp_ms = 0;
  std::string region;
  std::string group;
  std::string message;
};

constexpr std::size_t kMaxPages = 100;

Task<json::object> logs(aws::Api* api, std::string region, std::string operation,
                        json::object input) {
  aws::ApiCall call{std::move(region), "logs", std::move(operation), std::move(input), ""};
  aws::ApiResult result = co_await api->call(std::move(call));
  co_return std::move(result.output);
}

Task<std::vector<Line>> lines_of_group(aws::Api* api, std::string region, std::string group) {
  std::vector<Line> lines;
  std::string token;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    json::object input{{"logGroupName", group}};
    if (!token.empty()) input["nextToken"] = token;
    const json::object answer = co_await logs(api, region, "FilterLogEvents", std::move(input));
    if (const auto* events = json::find_array(answer, "events")) {
      for (const json::value& event : *events) {
        lines.push_back({json::int_or(event.as_object(), "timestamp", 0), region, group,
                         json::string_or(event.as_object(), "message")});
      }
    }
    token = json::string_or(answer, "nextToken");
    if (token.empty()) break;
  }
  co_return lines;
}

Task<std::vector<Line>> lines_of_region(aws::Api* api, std::string region) {
  std::vector<Line> lines;
  json::object input{{"logGroupNamePrefix", "/aws/lambda/"}};
  const json::object answer = co_await logs(api, region, "DescribeLogGroups", std::move(input));
  const auto* groups = json::find_array(answer, "logGroups");
  for (std::size_t i = 0; groups != nullptr && i < groups->size(); ++i) {
    const std::string name = json::string_or((*groups)[i].as_object(), "logGroupName");
    const std::vector<Line> more = co_await lines_of_group(api, region, name);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  co_return lines;
}

void print_lines(const Common& common, std::vector<Line> lines, std::size_t limit) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return a.timestamp_ms < b.timestamp_ms; });
  if (lines.size() > limit) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(limit));
  }
  json::array list;
  for (const Line& line : lines) {
    if (common.format() == Format::kJson) {
      list.push_back(json::object{{"timestamp", line.timestamp_ms},
                                  {"region", line.region},
                                  {"logGroup", line.group},
                                  {"message", line.message}});
    } else {
      std::string message = line.message;
      while (!message.empty() && message.back() == '\n') message.pop_back();
      print(fmt::format("{} {:<11} {}", core::iso8601_ms(line.timestamp_ms), line.region, message));
    }
  }
  if (common.format() == Format::kJson) print_json(list);
}

/// The processes' own logs: the last limit lines of each.
void print_process_logs(const Common& common, const topology::LocalWorld& world,
                        const LogOptions& options) {
  json::array list;
  for (const auto& process : world.processes()) {
    if (!options.region.empty() && process.name != options.region) continue;
    std::ifstream in(world.log_file(process.name));
    std::vector<std::string> tail;
    for (std::string line; std::getline(in, line);) {
      tail.push_back(line);
      if (tail.size() > options.limit) tail.erase(tail.begin());
    }
    for (const std::string& line : tail) {
      if (common.format() == Format::kJson) {
        list.push_back(json::object{{"process", process.name}, {"message", line}});
      } else {
        print(fmt::format("{:<11} {}", process.name, line));
      }
    }
  }
  if (common.format() == Format::kJson) print_json(list);
}

int show(const Common& common, const LogOptions& options) {
  const auto world = topology::LocalWorld::open(common.file);
  if (!options.region.empty()) check_known(world, options.region);
  if (options.process) {
    print_process_logs(common, world, options);
    return 0;
  }
  Client client(world.config());
  std::vector<Line> lines;
  bool asked = false;
  for (const auto& process : world.processes()) {
    if (process.name == "global" || !process.pid) continue;
    if (!options.region.empty() && process.name != options.region) continue;
    asked = true;
    const auto more = client.run(lines_of_region(&client.api(), process.name));
    lines.insert(lines.end(), more.begin(), more.end());
  }
  if (!asked) {
    throw Failure(kNotRunning,
                  options.region.empty()
                      ? "no region is running; 'tandem up' starts them, and 'tandem logs "
                        "--process' shows why they ended"
                      : fmt::format("{0} is not running; 'tandem region start {0}' starts it",
                                    options.region));
  }
  if (lines.empty()) remark("No function has logged anything yet.");
  print_lines(common, std::move(lines), options.limit);
  return 0;
}

}  // namespace

void add_logs(CLI::App& app, Common& common, int& exit_code) {
  auto* command =
      app.add_subcommand("logs", "Show what the functions logged, all regions in order");
  auto options = std::make_shared<LogOptions>();
  command->add_option("--region", options->region,
                      "Only this region (or, with --process, 'global')");
  command->add_option("-n,--lines", options->limit, "How many lines at most, the latest")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--process", options->process, "The Tandem processes' own logs instead");
  command->callback([&common, &exit_code, options] { exit_code = show(common, *options); });
}

}  // namespace tandem::cli
