#include "services/lambda/model/runtimes.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

using enum RuntimeFamily;

/// Lambda developer guide, "Lambda runtimes": supported and deprecated runtimes, as of August 2026.
constexpr auto kImages = std::to_array<RuntimeImage>(
    {{"nodejs24.x", kNode, 24, 0, "2028-04-30", "2028-07-01", "nodejs24", "@aws-sdk"},
     {"nodejs22.x", kNode, 22, 0, "2027-04-30", "2027-07-01", "nodejs", "@aws-sdk"},
     {"nodejs20.x", kNode, 20, 0, "2026-04-30", "2027-03-03", "nodejs", "@aws-sdk"},
     {"nodejs18.x", kNode, 18, 0, "2025-09-01", "2027-03-03", "nodejs", "@aws-sdk"},
     {"nodejs16.x", kNode, 16, 0, "2024-06-12", "2027-03-03", "nodejs", "aws-sdk"},
     {"nodejs14.x", kNode, 14, 0, "2023-12-04", "2027-03-03", "nodejs", "aws-sdk"},
     {"nodejs12.x", kNode, 12, 0, "2023-03-31", "2023-04-30", "nodejs", "aws-sdk"},
     {"nodejs10.x", kNode, 10, 0, "2021-07-30", "2022-02-14", "nodejs", "aws-sdk"},
     {"nodejs8.10", kNode, 8, 10, "2020-03-06", "2020-03-06", "nodejs", "aws-sdk"},
     {"nodejs6.10", kNode, 6, 10, "2019-08-12", "2019-08-12", "nodejs", "aws-sdk"},
     {"nodejs4.3-edge", kNode, 4, 3, "2019-04-30", "2019-04-30", "nodejs", "aws-sdk"},
     {"nodejs4.3", kNode, 4, 3, "2020-03-05", "2020-03-05", "nodejs", "aws-sdk"},
     {"nodejs", kNode, 0, 10, "2016-10-31", "2016-10-31", "nodejs", "aws-sdk"},
     {"python3.14", kPython, 3, 14, "2029-06-30", "2029-08-31", "python", "boto3"},
     {"python3.13", kPython, 3, 13, "2029-06-30", "2029-08-31", "python", "boto3"},
     {"python3.12", kPython, 3, 12, "2028-10-31", "2029-01-10", "python", "boto3"},
     {"python3.11", kPython, 3, 11, "2027-06-30", "2027-08-31", "python", "boto3"},
     {"python3.10", kPython, 3, 10, "2026-10-31", "2027-03-03", "python", "boto3"},
     {"python3.9", kPython, 3, 9, "2025-12-15", "2027-03-03", "python", "boto3"},
     {"python3.8", kPython, 3, 8, "2024-10-14", "2027-03-03", "python", "boto3"},
     {"python3.7", kPython, 3, 7, "2023-12-04", "2027-03-03", "python", "boto3"},
     {"python3.6", kPython, 3, 6, "2022-07-18", "2022-08-29", "python", "boto3"},
     {"python2.7", kPython, 2, 7, "2021-07-15", "2022-05-30", "python", "boto3"},
     {"provided.al2023", kProvided, 0, 0, "2029-06-30", "", "", ""},
     {"provided.al2", kProvided, 0, 0, "2026-07-31", "2027-03-03", "", ""}});

/// AWS's other runtimes, of today and of before.
constexpr auto kOthers = std::to_array<std::string_view>(
    {"java25",        "java21",        "java17",        "java11",   "java8.al2", "java8",
     "dotnet10",      "dotnet8",       "dotnet7",       "dotnet6",  "dotnet5.0", "dotnetcore3.1",
     "dotnetcore2.1", "dotnetcore2.0", "dotnetcore1.0", "ruby4.0",  "ruby3.4",   "ruby3.3",
     "ruby3.2",       "ruby2.7",       "ruby2.5",       "provided", "go1.x"});

/// What AWS says that there is, to whoever asks for something else.
constexpr std::string_view kEnumeration =
    "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, "
    "java25, "
    "java21, java17, java11, java8.al2, dotnet10, dotnet8, dotnet6, ruby4.0, ruby3.4, ruby3.3, "
    "python3.11, python3.10, python3.9, python3.8, nodejs18.x, nodejs16.x, provided.al2";

bool has(const std::vector<std::string>& known, std::string_view flag) {
  return std::find(known.begin(), known.end(), flag) != known.end();
}

/// Lambda developer guide, "Building Lambda functions with Node.js": experimental features that the
/// runtime turns off, unless NODE_OPTIONS turns them on. Those of before had neither of them.
void turn_off_experiments(const RuntimeImage& image, std::string_view options,
                          const std::vector<std::string>& known, std::vector<std::string>& flags) {
  constexpr int kLastWithout = 22;
  if (image.major > kLastWithout) return;
  std::vector<std::string_view> features = {"experimental-require-module"};
  if (image.major != 20) features.emplace_back("experimental-detect-module");
  for (const std::string_view feature : features) {
    const std::string on = fmt::format("--{}", feature);
    if (!has(known, on) || options.find(on) != std::string_view::npos) continue;
    flags.push_back(fmt::format("--no-{}", feature));
  }
}

RuntimeLaunch launch_node(const RuntimeImage& image, int memory_mb, std::string_view options,
                          const std::vector<std::string>& known) {
  RuntimeLaunch launch;
  // Of the memory 90 % are the old generation's and 5 % the young one's.
  if (options.find("--max-old-space-size") == std::string_view::npos &&
      options.find("--max_old_space_size") == std::string_view::npos) {
    launch.flags.push_back(fmt::format("--max-old-space-size={}", memory_mb * 90 / 100));
  }
  if (options.find("--max-semi-space-size") == std::string_view::npos &&
      options.find("--max_semi_space_size") == std::string_view::npos) {
    launch.flags.push_back(fmt::format("--max-semi-space-size={}", memory_mb * 5 / 100));
  }
  turn_off_experiments(image, options, known, launch.flags);
  launch.environment.emplace_back(
      "NODE_PATH", fmt::format("/opt/nodejs/node{}/node_modules:/opt/nodejs/node_modules:"
                               "/var/runtime/node_modules:/var/runtime:/var/task",
                               image.major));
  return launch;
}

}  // namespace

const RuntimeImage* find_runtime(std::string_view name) {
  const auto* found = std::find_if(kImages.begin(), kImages.end(),
                                   [name](const RuntimeImage& one) { return one.name == name; });
  return found == kImages.end() ? nullptr : found;
}

bool is_managed(std::string_view name) {
  const RuntimeImage* image = find_runtime(name);
  return image != nullptr && image->family != kProvided;
}

void check_runtime(std::string_view runtime) {
  if (find_runtime(runtime) != nullptr) return;
  if (std::find(kOthers.begin(), kOthers.end(), runtime) == kOthers.end()) {
    throw errors::invalid_parameter(fmt::format(
        "Value {} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        "[{}] or be a valid ARN",
        runtime, kEnumeration));
  }
  throw errors::invalid_parameter(
      fmt::format("Runtime {} is not supported here: Tandem runs Node.js, Python, and "
                  "provided.al2023 or provided.al2 with a bootstrap executable",
                  runtime));
}

std::string_view language_of(RuntimeFamily family) {
  return family == kNode ? "Node.js" : family == kPython ? "Python" : "provided";
}

std::string_view key_of(RuntimeFamily family) {
  return family == kNode ? "nodejs" : family == kPython ? "python" : "provided";
}

bool is_version(const RuntimeImage& image, LanguageVersion version) {
  // A runtime of Node.js is a major version since 10.x; one of Python is 3.9.
  const bool minor_counts = image.family == kPython || image.minor != 0;
  return image.major == version.major && (!minor_counts || image.minor == version.minor);
}

RuntimeLaunch launch_of(const RuntimeImage& image, int memory_mb, std::string_view options,
                        const std::vector<std::string>& known) {
  if (image.family == kNode) return launch_node(image, memory_mb, options, known);
  RuntimeLaunch launch;
  if (image.family == kProvided) return launch;
  // What site would find is this machine's, not the runtime's (runtime/python/bootstrap.py).
  launch.flags.emplace_back("-S");
  launch.environment.emplace_back("PYTHONPATH", "/var/runtime");
  constexpr int kLocaleFrom = 12;
  if (image.minor >= kLocaleFrom) launch.environment.emplace_back("LC_CTYPE", "C.UTF-8");
  return launch;
}

}  // namespace tandem::lambda
