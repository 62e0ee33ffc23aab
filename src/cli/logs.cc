#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <system_error>

#include "cli/commands.h"
#include "cli/world.h"
#include "core/clock.h"
#include "core/files.h"

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
/// Of a process's own log, which may have any size and lines of any length.
constexpr std::size_t kTailBytes = 4 * 1024 * 1024;

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

/// A message of several lines: none of them can pass for another's.
std::string indented(std::string_view message) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  std::string text;
  for (const char c : message) {
    text += c;
    if (c == '\n') text += "    ";
  }
  return text;
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
      print(fmt::format("{} {:<11} {}", core::iso8601_ms(line.timestamp_ms), line.region,
                        indented(line.message)));
    }
  }
  if (common.format() == Format::kJson) print_json(list);
}

/// The last lines of a file that another process writes, and may have filled with anything.
std::vector<std::string> tail_of(const std::filesystem::path& file, std::size_t limit) {
  const std::string text = core::read_tail(file, kTailBytes);
  std::vector<std::string> lines;
  std::size_t end = text.size();
  if (end > 0 && text.back() == '\n') --end;
  while (lines.size() < limit && end > 0) {
    const auto before = text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    lines.push_back(text.substr(begin, end - begin));
    end = before == std::string::npos ? 0 : before;
  }
  return {lines.rbegin(), lines.rend()};
}

/// The processes' own logs: the last limit lines of each. False when one cannot be read.
bool print_process_logs(const Common& common, const topology::LocalWorld& world,
                        const LogOptions& options) {
  json::array list;
  bool all = true;
  for (const std::string& name : world.names()) {
    if (!options.region.empty() && name != options.region) continue;
    std::vector<std::string> tail;
    try {
      tail = tail_of(world.log_file(name), options.limit);
    } catch (const std::system_error& error) {
      remark(fmt::format("tandem: {}'s log cannot be read: {}", name, error.what()));
      all = false;
    }
    for (const std::string& line : tail) {
      if (common.format() == Format::kJson) {
        list.push_back(json::object{{"process", name}, {"message", line}});
      } else {
        print(fmt::format("{:<11} {}", name, line));
      }
    }
  }
  if (common.format() == Format::kJson) print_json(list);
  return all;
}

/// Whether a process is asked, and a word about those that cannot be.
bool is_asked(const topology::ProcessState& process, const LogOptions& options) {
  if (process.name == "global") return false;
  if (!options.region.empty() && process.name != options.region) return false;
  if (process.answers()) return true;
  if (!options.region.empty()) throw Failure(kNotRunning, topology::advice(process));
  remark("tandem: " + topology::advice(process));
  return false;
}

/// kNotRunning when a region's logs are missing because it is down or does not answer.
int show(const Common& common, const LogOptions& options) {
  const auto world = topology::LocalWorld::open(common.file);
  if (!options.region.empty()) check_known(world, options.region);
  if (options.process) return print_process_logs(common, world, options) ? 0 : kFailed;
  Client client(world.config());
  std::vector<Line> lines;
  std::size_t regions = 0;
  std::size_t asked = 0;
  for (const auto& process : world.processes()) {
    regions +=
        process.name != "global" && (options.region.empty() || process.name == options.region);
    if (!is_asked(process, options)) continue;
    ++asked;
    const auto more = client.run(lines_of_region(&client.api(), process.name));
    lines.insert(lines.end(), more.begin(), more.end());
  }
  if (regions > 0 && asked == 0) {
    throw Failure(kNotRunning,
                  "no region answers; 'tandem up' starts what is stopped, and 'tandem logs "
                  "--process' shows why it ended");
  }
  if (lines.empty()) remark("No function has logged anything yet.");
  print_lines(common, std::move(lines), options.limit);
  return asked == regions ? 0 : kNotRunning;
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
