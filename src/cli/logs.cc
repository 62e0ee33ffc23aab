#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <system_error>

#include "cli/commands.h"
#include "cli/log_lines.h"
#include "cli/log_reader.h"
#include "cli/world.h"
#include "core/clock.h"
#include "core/files.h"

namespace tandem::cli {
namespace {

struct LogOptions {
  std::string region;
  std::string function;
  std::string since;
  std::size_t limit = 100;
  bool all = false;
  bool follow = false;
  bool process = false;
};

/// Of a process's own log, which may have any size and lines of any length.
constexpr std::size_t kTailBytes = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kFollowEvery{500};
/// An event may come in after one that is younger.
constexpr std::int64_t kFollowOverlapMs = 10'000;

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

std::string text_of(const LogLine& line) {
  return fmt::format("{} {:<14} {} {}", core::iso8601_ms(line.timestamp_ms), line.region,
                     line.function(), indented(line.message));
}

void print_lines(const Common& common, const std::vector<LogLine>& lines) {
  if (common.format() != Format::kJson) {
    for (const LogLine& line : lines) print(text_of(line));
    return;
  }
  json::array list;
  for (const LogLine& line : lines) list.push_back(to_json(line));
  print_json(list);
}

/// The last lines of a file that another process writes, and may have filled with anything.
std::vector<ProcessLine> tail_of(const std::string& process, const std::filesystem::path& file,
                                 std::size_t limit) {
  const std::string text = core::read_tail(file, kTailBytes);
  std::vector<ProcessLine> lines;
  std::size_t end = text.size();
  if (end > 0 && text.back() == '\n') --end;
  while (lines.size() < limit && end > 0) {
    const auto before = text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    lines.push_back({process, text.substr(begin, end - begin)});
    end = before == std::string::npos ? 0 : before;
  }
  return {lines.rbegin(), lines.rend()};
}

/// The processes' own logs, in one order. False when one cannot be read.
bool print_process_logs(const Common& common, const topology::LocalWorld& world,
                        const LogOptions& options) {
  std::vector<std::vector<ProcessLine>> logs;
  bool all = true;
  for (const std::string& name : world.names()) {
    if (!options.region.empty() && name != options.region) continue;
    try {
      logs.push_back(tail_of(name, world.log_file(name), options.limit));
    } catch (const std::system_error& error) {
      remark(fmt::format("tandem: {}'s log cannot be read: {}", name, error.what()));
      all = false;
    }
  }
  json::array list;
  for (const ProcessLine& line : merge_by_time(logs, options.limit)) {
    if (common.format() == Format::kJson) {
      list.push_back(json::object{{"process", line.process}, {"message", line.text}});
    } else {
      print(fmt::format("{:<14} {}", line.process, line.text));
    }
  }
  if (common.format() == Format::kJson) print_json(list);
  return all;
}

/// The functions' lines of all regions that are asked.
class FunctionLogs {
 public:
  FunctionLogs(const topology::LocalWorld& world, const LogOptions& options,
               std::string health_path)
      : world_(world),
        options_(options),
        health_path_(std::move(health_path)),
        client_(world.config()) {}

  /// As they are now; regions that do not answer are named, once.
  std::vector<LogLine> read(std::int64_t since_ms) {
    regions_ = asked_ = 0;
    std::vector<LogLine> lines;
    for (const auto& process : world_.processes()) {
      if (process.name == "global") continue;
      if (!options_.region.empty() && process.name != options_.region) continue;
      ++regions_;
      if (!process.answers()) {
        if (!options_.region.empty() && !options_.follow) {
          throw Failure(kNotRunning, topology::advice(process));
        }
        if (silent_.insert(process.name).second) remark("tandem: " + topology::advice(process));
        continue;
      }
      silent_.erase(process.name);
      ++asked_;
      LogReader reader(client_.api(), process.name, options_.function, since_ms);
      const auto more = client_.run(reader.read());
      lines.insert(lines.end(), more.begin(), more.end());
      functions_.insert(reader.functions().begin(), reader.functions().end());
    }
    logged_ = !lines.empty();
    if (options_.all) {
      std::ranges::stable_sort(lines, {}, &LogLine::timestamp_ms);
      return lines;
    }
    return without_noise(std::move(lines), health_path_);
  }

  void check_asked() const {
    if (regions_ > 0 && asked_ == 0) {
      throw Failure(kNotRunning,
                    "no region answers; 'tandem up' starts what is stopped, and 'tandem logs "
                    "--process' shows why it ended");
    }
    const bool known =
        options_.function.empty() || std::ranges::any_of(functions_, [&](const auto& name) {
          return names_function(options_.function, name);
        });
    if (known) return;
    if (asked_ < regions_) {
      throw Failure(kNotRunning,
                    fmt::format("no function {} has logged in the regions that answer; those that "
                                "do not, {}, may have its lines",
                                options_.function, fmt::join(silent_, ", ")));
    }
    throw Failure(kUsage, fmt::format("no function {} has logged; these have: {}",
                                      options_.function, fmt::join(functions_, ", ")));
  }
  bool all_asked() const { return asked_ == regions_; }
  /// Anything, also what is not shown.
  bool logged() const { return logged_; }
  void pause() { client_.run(core::sleep_for(kFollowEvery)); }

 private:
  const topology::LocalWorld& world_;
  const LogOptions& options_;
  std::string health_path_;
  Client client_;
  std::size_t regions_ = 0;
  std::size_t asked_ = 0;
  bool logged_ = false;
  std::set<std::string> silent_;
  std::set<std::string> functions_;
};

/// What is new, line by line, until the user ends it.
[[noreturn]] void follow(const Common& common, FunctionLogs& logs, std::vector<LogLine> shown,
                         std::int64_t since_ms) {
  std::set<std::string> seen;
  for (;;) {
    std::int64_t latest_ms = since_ms;
    for (const LogLine& line : shown) {
      latest_ms = std::max(latest_ms, line.timestamp_ms);
      if (!seen.insert(line.region + line.id).second) continue;
      if (common.format() == Format::kJson) {
        print_json(to_json(line));
      } else {
        print(text_of(line));
      }
    }
    logs.pause();
    since_ms = std::max(since_ms, latest_ms - kFollowOverlapMs);
    try {
      shown = logs.read(since_ms);
    } catch (const aws::ApiError& error) {
      // A region that ends while it is asked; it is named once it is seen to be gone.
      remark(fmt::format("tandem: {}: {}", error.code(), error.message()));
      shown.clear();
    }
  }
}

std::int64_t since_ms_of(const LogOptions& options) {
  if (options.since.empty()) return 0;
  const auto age_ms = parse_age_ms(options.since);
  if (!age_ms) {
    throw Failure(
        kUsage,
        fmt::format("--since is '{}'; write an age such as 30s, 10m, 5h, 1d or 2w", options.since));
  }
  return core::SystemClock().now_ms() - *age_ms;
}

void keep_latest(std::vector<LogLine>& lines, std::size_t limit) {
  if (lines.size() <= limit) return;
  lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(limit));
}

/// Only a file that can be read tells the path; logs can be had without one.
std::string health_path_of(const Common& common) {
  try {
    return topology::load_topology(common.file).health_check.path;
  } catch (const topology::TopologyError& error) {
    remark(error.message);
    return "";
  }
}

/// What can be said when there is no line at all: only what was asked for.
std::string none_text(const LogOptions& options) {
  const std::string who = options.function.empty() ? "No function" : "Function " + options.function;
  const std::string verb = options.function.empty() ? "has logged anything" : "has logged nothing";
  const std::string where = options.region.empty() ? "" : " in " + options.region;
  return options.since.empty()
             ? fmt::format("{} {}{} yet.", who, verb, where)
             : fmt::format("{} {}{} in the last {}.", who, verb, where, options.since);
}

/// kNotRunning when a region's logs are missing because it is down or does not answer.
int show(const Common& common, const LogOptions& options) {
  const auto world = topology::LocalWorld::open(common.file);
  if (!options.region.empty()) check_known(world, options.region);
  if (options.process) return print_process_logs(common, world, options) ? 0 : kFailed;
  if (options.region == "global") {
    throw Failure(kUsage,
                  "global runs no functions; 'tandem logs --process --region global' shows its own "
                  "log");
  }
  const std::int64_t since_ms = since_ms_of(options);
  FunctionLogs logs(world, options, health_path_of(common));
  std::vector<LogLine> lines = logs.read(since_ms);
  logs.check_asked();
  if (lines.empty()) {
    remark(logs.logged() ? "Only Lambda's own lines and those of health checks; --all shows them."
                         : none_text(options));
  }
  keep_latest(lines, options.limit);
  if (options.follow) follow(common, logs, std::move(lines), since_ms);
  print_lines(common, lines);
  return logs.all_asked() ? 0 : kNotRunning;
}

}  // namespace

void add_logs(CLI::App& app, Common& common, int& exit_code) {
  auto* command =
      app.add_subcommand("logs", "Show what the functions logged, all regions in order");
  auto options = std::make_shared<LogOptions>();
  command->add_option("--region", options->region,
                      "Only this region (or, with --process, 'global')");
  auto* function = command->add_option("--function", options->function,
                                       "Only this function: its name, or its logical id");
  auto* since =
      command->add_option("--since", options->since, "Only what is younger: 30s, 10m, 5h, 1d, 2w");
  command->add_option("-n,--lines", options->limit, "How many lines at most, the latest")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  auto* all = command->add_flag("--all", options->all,
                                "Also Lambda's own lines (START, REPORT …) and those of health "
                                "checks");
  auto* follow = command->add_flag("-F,--follow", options->follow,
                                   "Go on with what is new, until Ctrl-C; with --output json an "
                                   "object a line");
  auto* process =
      command->add_flag("--process", options->process, "The Tandem processes' own logs instead");
  for (auto* other : {function, since, all, follow}) process->excludes(other);
  command->callback([&common, &exit_code, options] { exit_code = show(common, *options); });
}

}  // namespace tandem::cli
